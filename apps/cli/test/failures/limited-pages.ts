import { extname, join } from 'node:path';
import { endWithParentArguments } from '../../src/processes/parent-pipe.js';
import { processPart, type Part } from '../../src/processes/managed-process.js';
import { eventStoreCredentials } from '../../src/up/parts.js';
import { programOf } from '../../src/up/program-of.js';
import type { Run } from '../../src/up/service-environment.js';
import type { HeldParts } from './held-parts.js';
import type { Disk } from './small-disk.js';

const PRELOADED = new URL(`limit-pages${extname(import.meta.url)}`, import.meta.url);

/** The event store's part of `portcullis up`, with what lets its database be limited. */
export function limitablePart({ data, ports }: Run): Part {
  const options = ['--data', join(data.eventStore, 'events.sqlite'), '--port', String(ports.eventStore)];
  const program = programOf('@portcullis/embedded-eventstore', 'main.js');
  const preload = [...endWithParentArguments(), '--import', PRELOADED.href];
  const credentials = ['--credentials-file', eventStoreCredentials(data)];
  return processPart({
    name: 'eventstore',
    command: process.execPath,
    args: [...preload, '--disable-warning=ExperimentalWarning', program, ...options, ...credentials],
    env: {},
    readiness: { by: 'line' },
    readyWithinMs: 60_000,
    endsWithParent: true,
  });
}

/** A disk that is full for the event store's database alone. */
export const limitedPages = (parts: HeldParts): Disk => ({
  fill: () => void process.kill(parts.pid('eventstore'), 'SIGUSR2'),
  free: () => void process.kill(parts.pid('eventstore'), 'SIGHUP'),
});

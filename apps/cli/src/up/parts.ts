import { join } from 'node:path';
import { endWithParentArguments } from '../processes/parent-pipe.js';
import { processPart, type Part } from '../processes/managed-process.js';
import type { DataDirectory } from '../setup/data-directory.js';
import type { EmbeddedService } from '../setup/trust.js';
import { programOf } from './program-of.js';
import { replicaEnvironment, serviceEnvironment, type Run } from './service-environment.js';

const READY_WITHIN_MS = 60_000;

interface Program {
  name: string;
  args: string[];
  env: Record<string, string>;
}

/** A compiled Node program of ours that says when it is ready and ends with this process. */
const nodePart = ({ data }: Run, { name, args, env }: Program): Part =>
  processPart({
    name,
    command: process.execPath,
    args: [...endWithParentArguments(), ...args],
    // Compiled code of the modules, so that the next start takes less processor time.
    env: { ...env, NODE_COMPILE_CACHE: join(data.run, 'compile-cache') },
    readiness: { by: 'line' },
    readyWithinMs: READY_WITHIN_MS,
    endsWithParent: true,
  });

export const servicePart = (service: EmbeddedService, run: Run): Part =>
  nodePart(run, {
    name: service,
    args: [programOf(`@portcullis/${service}`, 'main.js')],
    env: serviceEnvironment(service, run),
  });

/** @param number 2 for the first one beside {@link servicePart}, which is called `gateway-2` */
export const replicaPart = (service: EmbeddedService, number: number, run: Run): Part =>
  nodePart(run, {
    name: `${service}-${number}`,
    args: [programOf(`@portcullis/${service}`, 'main.js')],
    env: replicaEnvironment(service, run),
  });

/** Password and certificate of the event store's node; made by the node at its first start. */
export const eventStoreCredentials = (data: DataDirectory): string =>
  data.file('secrets', 'eventstore-credentials.json');

export function eventStorePart(run: Run): Part {
  const { data, ports } = run;
  const options = ['--data', join(data.eventStore, 'events.sqlite'), '--port', String(ports.eventStore)];
  const program = programOf('@portcullis/embedded-eventstore', 'main.js');
  const credentials = ['--credentials-file', eventStoreCredentials(data)];
  const args = ['--disable-warning=ExperimentalWarning', program, ...options, ...credentials];
  return nodePart(run, { name: 'eventstore', args, env: { ...run.tuning['eventstore'] } });
}

import type { EmbeddedService } from '../../src/setup/trust.js';
import type { FaultName, PartName } from './cases.js';
import type { Installation } from './installation.js';
import type { SlowLink } from './slow-link.js';
import type { Disk } from './small-disk.js';

/** What every byte takes longer, each way, milliseconds; by way of a slow NATS two links share it. */
export const SLOW_MS = 150;

export interface Fault {
  begin(): void;
  /** Ends it: the part may now come back by itself. */
  end(): void;
}

export function faultOf(installation: Installation, part: PartName, fault: FaultName): Fault {
  const { parts } = installation;
  switch (fault) {
    case 'stopped':
      return { begin: () => parts.hold(part), end: () => parts.release(part) };
    case 'paused':
      return {
        begin: () => parts.signalAll(part, 'SIGSTOP'),
        end: () => parts.signalAll(part, 'SIGCONT'),
      };
    case 'restarted':
      return { begin: () => parts.kill(part), end: () => undefined };
    case 'slow':
      return slow(linksTo(installation, part), part === 'nats' ? SLOW_MS / 2 : SLOW_MS);
    case 'disk full':
      return fullDisk(installation, part);
  }
}

function slow(links: readonly SlowLink[], delayMs: number): Fault {
  const set = (ms: number) => () => {
    for (const link of links) link.delayMs = ms;
  };
  return { begin: set(delayMs), end: set(0) };
}

/** A service is slow when its only link is, the one to NATS; a store when everybody's link to it is. */
function linksTo({ links }: Installation, part: PartName): SlowLink[] {
  if (part === 'nats') return Object.values(links.nats);
  if (part === 'postgres' || part === 'eventstore') return [links[part]];
  return [links.nats[part as EmbeddedService]];
}

function fullDisk({ disks, parts }: Installation, part: PartName): Fault {
  const { eventstore, postgres, logs } = disks;
  const filled = { eventstore: [eventstore], postgres: [postgres], everything: [eventstore, postgres, logs] };
  const full = filled[part as keyof typeof filled] ?? [];
  const begin = (): void => {
    for (const disk of full) required(disk, part).fill();
    // Whoever loses its connection says so in its log.
    if (part === 'everything') parts.kill('nats');
  };
  return { begin, end: () => full.forEach((disk) => disk?.free()) };
}

function required(disk: Disk | undefined, part: PartName): Disk {
  if (disk === undefined) throw new Error(`${part} has no disk of its own here`);
  return disk;
}

import type { Lease } from './leases.js';

/** When a process saw the leases: monotonic milliseconds before it asked for them, and after it had the answer. */
export interface Look {
  readonly asked: number;
  readonly answered: number;
}

/** A lease lasts 2 s from before its holder asked for it; the rest is room for clocks that don't run equally fast. */
export const LAPSE_MS = 2250;

interface Sighting {
  readonly extensions: number;
  /** When this count had certainly been reached. */
  readonly since: number;
}

/**
 * What one process has seen of the leases. A lease has lapsed when the same count of extensions was seen over
 * {@link LAPSE_MS} by this process's own monotonic clock: no clock of anybody else, and no wall clock, is believed.
 */
export class LeaseSightings {
  private seen = new Map<string, Sighting>();

  /** Takes note of all leases as they were read, and gives those that have lapsed. */
  note(leases: readonly Lease[], { asked, answered }: Look): Lease[] {
    const before = this.seen;
    this.seen = new Map();
    return leases.filter((lease) => {
      const name = `${lease.service} ${lease.replica}`;
      const known = before.get(name);
      const isSame = known?.extensions === lease.extensions;
      this.seen.set(name, isSame ? known : { extensions: lease.extensions, since: answered });
      return isSame && asked - known.since >= LAPSE_MS;
    });
  }
}

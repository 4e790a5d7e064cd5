import { AppError, HINTS } from '@portcullis/contracts';
import type { Logger } from '@portcullis/platform';
import type { NatsConnection } from '@nats-io/transport-node';
import { LeaseSightings } from './lease-sightings.js';
import type { Lease, Leases } from './leases.js';

export interface BarrierParts {
  readonly leases: Leases;
  readonly connection: NatsConnection;
  readonly logger: Logger;
  /** Monotonic, milliseconds. */
  readonly now: () => number;
}

interface Waiter {
  readonly position: number;
  readonly until: number;
  done(): void;
  giveUp(cause: unknown): void;
}

/** While somebody waits; acknowledgements that arrive at this replica of control wake it at once. */
const POLL_MS = 20;
/** While nobody waits: rows of replicas that died are removed, so that the next change need not wait for them. */
const IDLE_MS = 1000;
/** A lease that lapses, and a database that is slow in saying so. */
const DEADLINE_MS = 6000;

/**
 * A change bites on the next request on every replica: {@link pass} resolves when each replica that may still serve has
 * acknowledged the change, or its lease has lapsed.
 */
export class Barrier {
  private readonly waiters = new Set<Waiter>();
  private readonly sightings = new LeaseSightings();
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | undefined;
  private again = false;
  private stopped = false;

  constructor(private readonly parts: BarrierParts) {}

  /**
   * To be called when a change of `org` is durable, and before anybody is told so.
   *
   * @throws AppError `UNCONFIRMED` when it can't be known in time: the change is stored all the same.
   */
  async pass(org: string): Promise<void> {
    let position: number;
    try {
      position = await this.parts.leases.advance(org);
    } catch (cause) {
      throw unconfirmed(cause);
    }
    this.hint();
    await this.reached(position);
  }

  /** A replica has renewed its lease here: perhaps somebody waits for what it acknowledges. */
  heard(): void {
    if (this.waiters.size > 0) this.look();
  }

  start(): void {
    this.schedule();
  }

  /** Whoever still waits is told that nothing is known. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.looking;
    for (const waiter of this.waiters) waiter.giveUp(new Error('control is stopping'));
  }

  private reached(position: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (): void => void this.waiters.delete(waiter);
      const waiter: Waiter = {
        position,
        until: this.parts.now() + DEADLINE_MS,
        done: () => {
          end();
          resolve();
        },
        giveUp: (cause) => {
          end();
          reject(unconfirmed(cause));
        },
      };
      this.waiters.add(waiter);
      this.look();
    });
  }

  /** One look at a time; what is asked for meanwhile is done right after it. */
  private look(): void {
    this.again = true;
    if (this.stopped) return;
    this.looking ??= this.lookUntilSeen().finally(() => {
      this.looking = undefined;
      this.schedule();
    });
  }

  private async lookUntilSeen(): Promise<void> {
    while (this.again && !this.stopped) {
      this.again = false;
      // Only they: a lease that is read now may be older than a waiter who comes meanwhile.
      const waiters = [...this.waiters];
      const unknown = await this.settle(waiters).then(
        () => new Error('a replica neither acknowledges the change nor lets its lease lapse'),
        (err: unknown) => err,
      );
      for (const waiter of waiters) if (this.parts.now() > waiter.until) waiter.giveUp(unknown);
    }
  }

  private async settle(waiters: readonly Waiter[]): Promise<void> {
    const { leases, now } = this.parts;
    const asked = now();
    const all = await leases.all();
    const lapsed = this.sightings.note(all, { asked, answered: now() });
    const gone = new Set<Lease>();
    for (const lease of lapsed) if (await this.forget(lease)) gone.add(lease);
    const live = all.filter((lease) => !gone.has(lease));
    for (const waiter of waiters) {
      if (live.every(({ acknowledged }) => acknowledged >= waiter.position)) waiter.done();
    }
  }

  private async forget(lease: Lease): Promise<boolean> {
    const { service, replica } = lease;
    const gone = await this.parts.leases.forget(lease);
    if (gone) this.parts.logger.warn({ service, replica }, 'a replica has let its lease lapse');
    return gone;
  }

  private schedule(): void {
    if (this.stopped) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.look(), this.waiters.size > 0 ? POLL_MS : IDLE_MS);
    this.timer.unref();
  }

  /** Saves the replicas from waiting until their next renewal. Missing it costs latency only. */
  private hint(): void {
    try {
      this.parts.connection.publish(HINTS.changed.subject);
    } catch (err) {
      this.parts.logger.debug({ err }, 'a hint was not published');
    }
  }
}

const unconfirmed = (cause: unknown): AppError =>
  new AppError(
    'UNCONFIRMED',
    'The change is stored, but it is not confirmed that it is in force on every replica yet. Send the request again to be sure.',
    { cause },
  );

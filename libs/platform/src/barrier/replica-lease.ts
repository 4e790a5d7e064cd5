import { AppError, HINTS, newId, VERBS, type RenewLeaseReply, type VerbCaller } from '@portcullis/contracts';
import type { NatsConnection } from '@nats-io/transport-node';
import { within } from '../deadlines/within.js';
import type { Logger } from '../logging/logger.js';
import { isRunning, type Instant } from './lease-term.js';
import { Pause } from './pause.js';

export interface ReplicaLeaseParts {
  readonly caller: Pick<VerbCaller, 'call'>;
  /**
   * Drops or reads anew whatever this replica keeps of these organisations; null: of all. When it has resolved, nothing
   * that was read before it was called may ever be served again. Rejecting means that it is asked once more.
   */
  readonly apply: (changed: readonly string[] | null) => Promise<void> | void;
  readonly logger: Logger;
}

const INTERVAL_MS = 500;
const RETRY_MS = 100;
/** Hints are not authenticated: however many come, they lead to no more renewals than this apart. */
const HINT_GAP_MS = 50;
/** How long a request waits for a lease that has just lapsed. */
const GRACE_MS = 1000;
/** What a replica has to read anew when it starts with thousands of organisations takes its time. */
const APPLY_MS = 10_000;

const now = (): Instant => ({ monotonic: performance.now(), wall: Date.now() });

/**
 * The right of one replica to serve from what it keeps in memory. It is held for two seconds at a time and only while
 * control knows that every change has been applied here; whoever can't renew it stops serving. That is what lets control
 * answer an admin: a change is in force once each replica has acknowledged it or lost this.
 *
 * Asking {@link isHeld} costs two clock readings and no more.
 */
export class ReplicaLease {
  /** Names the process; made anew at each start. */
  readonly replica = newId();
  /** When the renewal was sent that was extended last. */
  private asked: Instant | undefined;
  private acknowledged: number | null = null;
  private readonly pause = new Pause();
  private running: Promise<void> | undefined;
  private stopped = false;
  private wasHeld = false;
  /** Woken whenever the lease has been extended. */
  private readonly waiting = new Set<() => void>();

  constructor(private readonly parts: ReplicaLeaseParts) {}

  get isHeld(): boolean {
    return this.asked !== undefined && isRunning(this.asked, now());
  }

  /** @throws AppError `UNAVAILABLE` */
  requireHeld(): void {
    if (!this.isHeld) throw lapsed();
  }

  /** Waits for at most a second for a lease that is not held. @throws AppError `UNAVAILABLE` */
  async awaitHeld(): Promise<void> {
    if (this.isHeld) return;
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, GRACE_MS);
      this.waiting.add(wake);
    });
    this.requireHeld();
  }

  /**
   * Does work that its result may be told of: waits for the lease if need be, and asks again when the work is done. What
   * was decided before the process stood still may have become wrong meanwhile, and is not said any more.
   *
   * @throws AppError `UNAVAILABLE`, and whatever the work throws
   */
  async during<T>(work: () => T | Promise<T>): Promise<T> {
    if (!this.isHeld) await this.awaitHeld();
    const result = await work();
    this.requireHeld();
    return result;
  }

  /** For the readiness of a service. */
  readonly check = {
    name: 'lease',
    check: (): Promise<void> => (this.isHeld ? Promise.resolve() : Promise.reject(lapsed())),
  };

  /** Renews from now on. Resolves when the lease is held for the first time, however long that takes. */
  async start(): Promise<void> {
    const first = new Promise<void>((resolve) => {
      const wake = (): void => {
        this.waiting.delete(wake);
        resolve();
      };
      this.waiting.add(wake);
    });
    this.running = this.renewUntilStopped();
    await first;
  }

  /** Serves no more, and says so: nobody has to wait for this replica. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.pause.end();
    await this.running;
    this.asked = undefined;
    // Without it the lease simply runs out.
    await this.parts.caller.call(VERBS.releaseLease, { replica: this.replica }).catch(() => undefined);
  }

  /** Somebody says that something has changed: not authenticated, so all that follows is an early renewal. */
  hear(): void {
    this.pause.endAfter(HINT_GAP_MS);
  }

  listen(connection: NatsConnection): void {
    connection.subscribe(HINTS.changed.subject, { callback: () => this.hear() });
  }

  private async renewUntilStopped(): Promise<void> {
    while (!this.stopped) {
      let pauseMs = RETRY_MS;
      try {
        pauseMs = await this.renew();
        this.report(undefined);
      } catch (err) {
        this.report(err);
      }
      await this.pause.take(pauseMs);
    }
  }

  /** How long to wait until the next renewal: not at all when there is something to acknowledge. */
  private async renew(): Promise<number> {
    const asked = now();
    this.pause.begin();
    const { acknowledged, replica } = this;
    const reply = await this.parts.caller.call(VERBS.renewLease, { replica, acknowledged });
    if (reply.extended) this.extend(asked);
    if (reply.changed === null || reply.changed.length > 0) await this.apply(reply);
    this.acknowledged = reply.position;
    if (reply.position !== acknowledged) return 0;
    return reply.extended ? INTERVAL_MS : RETRY_MS;
  }

  private extend(asked: Instant): void {
    this.asked = asked;
    // The answer may have come too late to be of use.
    if (this.isHeld) for (const wake of this.waiting) wake();
  }

  private apply({ changed }: RenewLeaseReply): Promise<void> {
    return within({ deadline: Date.now() + APPLY_MS }, Promise.resolve(this.parts.apply(changed)));
  }

  /** Once for each lapse, not for each attempt. */
  private report(err: unknown): void {
    const { isHeld } = this;
    const { logger } = this.parts;
    if (this.wasHeld && !isHeld)
      logger.warn({ err }, 'the lease has lapsed: nothing is served until it is renewed');
    if (!this.wasHeld && isHeld) logger.info('the lease is held');
    this.wasHeld = isHeld;
  }
}

const lapsed = (): AppError =>
  new AppError(
    'UNAVAILABLE',
    'This replica does not know whether it is up to date, so it does not serve: its lease from control has lapsed.',
  );

import type { EventStore } from '@portcullis/eventing';

const INTERVAL_MS = 1_000;
const LEASE_MS = 5_000;

/**
 * Whether the event store has answered lately. A connection to a store that is silent looks like one on which nothing
 * happens; only an answer tells them apart, and a replica that can't tell must not decide for longer than this.
 */
export class StoreLease {
  #heldUntil = -Infinity;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(
    private readonly store: Pick<EventStore, 'ping'>,
    /** Monotonic, milliseconds. */
    private readonly now: () => number = () => performance.now(),
  ) {}

  get isHeld(): boolean {
    return this.now() < this.#heldUntil;
  }

  /** Resolves when the store has answered once. */
  async start(): Promise<void> {
    await this.#renew();
    this.#again();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #renew(): Promise<void> {
    // The answer proves the store alive when it was asked, not when the answer came.
    const asked = this.now();
    await this.store.ping();
    this.#heldUntil = asked + LEASE_MS;
  }

  #again(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      // A failure needs no report of its own: the lease ends, and readiness says so.
      this.#renew()
        .catch(() => undefined)
        .finally(() => this.#again());
    }, INTERVAL_MS);
    this.#timer.unref();
  }
}

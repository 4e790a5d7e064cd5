import type { Readable } from 'node:stream';
import { numberOf, type Recorded, type Subscription } from './client.js';

const DEADLINE_MS = 10_000;

/** Everything a subscription brings, in order; `until` waits with a deadline. */
export class Collector {
  readonly events: Recorded[] = [];
  readonly checkpoints: bigint[] = [];
  caughtUp = 0;
  /** How many events had come when the subscription first said that it had caught up. */
  eventsWhenCaughtUp: number | undefined;
  error: Error | undefined;
  #changed: () => void = () => undefined;
  #subscription: Subscription | undefined;

  /** For the filter's `checkpointReached`. */
  readonly checkpointReached = async (_: unknown, position: { commit: bigint }): Promise<void> => {
    this.checkpoints.push(position.commit);
    this.#changed();
  };

  follow(subscription: Subscription): this {
    this.#subscription = subscription;
    // Its own declaration has overloads that a union can't be called through.
    const stream = subscription as unknown as Readable;
    stream.on('data', ({ event }: { event?: Recorded }) => {
      if (event) this.events.push(event);
      this.#changed();
    });
    stream.on('caughtUp', () => {
      this.caughtUp += 1;
      this.eventsWhenCaughtUp ??= this.events.length;
      this.#changed();
    });
    stream.on('error', (error: Error) => {
      this.error = error;
      this.#changed();
    });
    return this;
  }

  get numbers(): number[] {
    return this.events.map(numberOf);
  }

  async until(condition: () => boolean, what = 'the subscription to bring it'): Promise<void> {
    const deadline = Date.now() + DEADLINE_MS;
    while (!condition()) {
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`waited in vain for ${what}: ${this.numbers}; ${this.checkpoints}`);
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
        timer = setTimeout(resolve, left);
      });
      clearTimeout(timer);
    }
  }

  async stop(): Promise<void> {
    await this.#subscription?.unsubscribe();
    this.#subscription?.destroy();
  }
}

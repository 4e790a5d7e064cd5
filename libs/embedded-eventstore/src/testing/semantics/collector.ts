import type { Readable } from 'node:stream';
import { numberOf, type Recorded } from './client.js';

interface SubscriptionLike extends Readable {
  unsubscribe(): Promise<void>;
}

const DEADLINE_MS = 10_000;

/** Everything a subscription brings, in order; `until` waits with a deadline. */
export class Collector {
  readonly events: Recorded[] = [];
  readonly checkpoints: bigint[] = [];
  caughtUp = 0;
  error: Error | undefined;
  #changed: () => void = () => undefined;
  #subscription: SubscriptionLike | undefined;

  /** For the filter's `checkpointReached`. */
  readonly checkpointReached = async (_: unknown, position: { commit: bigint }): Promise<void> => {
    this.checkpoints.push(position.commit);
    this.#changed();
  };

  follow(subscription: SubscriptionLike): this {
    this.#subscription = subscription;
    subscription.on('data', ({ event }: { event?: Recorded }) => {
      if (event) this.events.push(event);
      this.#changed();
    });
    subscription.on('caughtUp', () => {
      this.caughtUp += 1;
      this.#changed();
    });
    subscription.on('error', (error: Error) => {
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

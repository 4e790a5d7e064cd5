import { hash, verify } from '@node-rs/argon2';
import { AppError, type Secret } from '@portcullis/contracts';

/** OWASP's second parameter set for argon2id: 19 MiB, two passes, one lane. About 15 ms. */
const OPTIONS = { memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 } as const;

/** Each run holds 19 MiB and a thread: more at once would let a flood of keys starve everything else. */
const MAX_RUNNING = 2;
const MAX_WAITING = 64;

/**
 * argon2id, at most two at once in this process and a bounded queue behind them.
 *
 * @throws AppError `RATE_LIMITED` when the queue is full.
 */
export class KeyHasher {
  private running = 0;
  private readonly waiting: (() => void)[] = [];
  private readonly counts = { verifications: 0 };

  /** How often argon2id has judged a presented key since the start: for metrics and tests. */
  get verifications(): number {
    return this.counts.verifications;
  }

  hash(key: Secret): Promise<string> {
    return this.inTurn(() => hash(key.reveal(), OPTIONS));
  }

  verify(phc: string, key: Secret): Promise<boolean> {
    return this.inTurn(() => {
      this.counts.verifications += 1;
      return verify(phc, key.reveal());
    });
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    await this.takeTurn();
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.running -= 1;
      else next();
    }
  }

  private takeTurn(): Promise<void> {
    if (this.running < MAX_RUNNING) {
      this.running += 1;
      return Promise.resolve();
    }
    if (this.waiting.length >= MAX_WAITING) {
      throw new AppError(
        'RATE_LIMITED',
        'Too many keys are being verified at the moment. Try again shortly.',
      );
    }
    // Whoever finishes hands over its turn: `running` stays as it is.
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}

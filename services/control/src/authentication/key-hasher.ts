import { hash, verify } from '@node-rs/argon2';
import type { Secret } from '@portcullis/contracts';
import { Turns } from '@portcullis/platform';

/** OWASP's second parameter set for argon2id: 19 MiB, two passes, one lane. About 15 ms. */
const OPTIONS = { memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 } as const;

/**
 * argon2id, at most two at once in this process (each holds 19 MiB and a thread: more would let a flood of keys starve
 * everything else) and a bounded queue behind them.
 *
 * @throws AppError `RATE_LIMITED` when the queue is full.
 */
export class KeyHasher {
  private readonly turns = new Turns({
    running: 2,
    waiting: 64,
    refusal: 'Too many keys are being verified at the moment. Try again shortly.',
  });
  private judged = 0;

  /** How often argon2id has judged a presented key since the start: for metrics and tests. */
  get verifications(): number {
    return this.judged;
  }

  hash(key: Secret): Promise<string> {
    return this.turns.take(() => hash(key.reveal(), OPTIONS));
  }

  verify(phc: string, key: Secret): Promise<boolean> {
    return this.turns.take(() => {
      this.judged += 1;
      return verify(phc, key.reveal());
    });
  }
}

import { AppError } from '@portcullis/contracts';

export interface Rate {
  /** Tokens a second. */
  perSecond: number;
  /** Tokens that may be taken at once after a pause. */
  burst: number;
}

interface Bucket {
  tokens: number;
  at: number;
}

const MAX_BUCKETS = 50_000;

/** Token buckets by key, in memory: a limit of this replica. Bounded; a full bucket needs no memory. */
export class TokenBuckets {
  private readonly buckets = new Map<string, Bucket>();

  constructor(
    private readonly rate: Rate,
    private readonly now: () => number = Date.now,
  ) {}

  /** @throws AppError `RATE_LIMITED` with `details.retryAfterMs` */
  take(key: string, what: string): void {
    const now = this.now();
    const bucket = this.buckets.get(key) ?? { tokens: this.rate.burst, at: now };
    const tokens = Math.min(
      this.rate.burst,
      bucket.tokens + ((now - bucket.at) / 1000) * this.rate.perSecond,
    );
    if (tokens < 1) {
      const retryAfterMs = Math.ceil(((1 - tokens) / this.rate.perSecond) * 1000);
      throw new AppError('RATE_LIMITED', `Too many calls ${what}. Try again in ${retryAfterMs} ms.`, {
        details: { retryAfterMs },
      });
    }
    this.buckets.delete(key);
    this.buckets.set(key, { tokens: tokens - 1, at: now });
    if (this.buckets.size > MAX_BUCKETS) this.dropOldest();
  }

  private dropOldest(): void {
    const oldest = this.buckets.keys().next().value;
    if (oldest !== undefined) this.buckets.delete(oldest);
  }
}

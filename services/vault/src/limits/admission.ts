/** Sustained rate and how much may come at once. */
export interface RateLimit {
  readonly perSecond: number;
  readonly burst: number;
}

/** A token bucket with a memory of refusals. `at` and `lockedUntil` in milliseconds since the epoch. */
export interface Bucket {
  readonly tokens: number;
  readonly at: number;
  /** What was refused since the bucket was last full, in tokens. */
  readonly refusals: number;
  readonly lockedUntil: number;
}

export interface Admission {
  readonly verdict: 'admitted' | 'limited' | 'locked';
  readonly bucket: Bucket;
  readonly retryAfterMs: number;
  /** Set once when an episode of refusals begins, and once when it ends in a lock. */
  readonly alarm: 'limited' | 'locked' | null;
}

export const LOCK_MS = 60_000;

export const fullBucket = (limit: RateLimit, now: number): Bucket => ({
  tokens: limit.burst,
  at: now,
  refusals: 0,
  lockedUntil: 0,
});

/** Whoever keeps asking after being refused as often as a whole burst is locked out for {@link LOCK_MS}. */
const refusalsUntilLock = (limit: RateLimit): number => limit.burst;

/**
 * Takes a token for each of `count`, refuses, or locks. A clock that goes back gives no tokens.
 *
 * @param count at most the limit's burst: more never come together
 */
export function decideAdmission(bucket: Bucket, limit: RateLimit, now: number, count = 1): Admission {
  if (now < bucket.lockedUntil) {
    return { verdict: 'locked', bucket, retryAfterMs: bucket.lockedUntil - now, alarm: null };
  }
  const current = refill(bucket, limit, now);
  if (current.tokens >= count) {
    return {
      verdict: 'admitted',
      bucket: { ...current, tokens: current.tokens - count },
      retryAfterMs: 0,
      alarm: null,
    };
  }
  return refuse(current, limit, now, count);
}

function refuse(bucket: Bucket, limit: RateLimit, now: number, count: number): Admission {
  const refusals = bucket.refusals + count;
  if (refusals > refusalsUntilLock(limit)) {
    const locked = { ...bucket, refusals, lockedUntil: now + LOCK_MS };
    return { verdict: 'locked', bucket: locked, retryAfterMs: LOCK_MS, alarm: 'locked' };
  }
  return {
    verdict: 'limited',
    bucket: { ...bucket, refusals },
    retryAfterMs: Math.ceil(((count - bucket.tokens) / limit.perSecond) * 1000),
    alarm: bucket.refusals === 0 ? 'limited' : null,
  };
}

function refill(bucket: Bucket, limit: RateLimit, now: number): Bucket {
  const elapsed = Math.max(0, now - bucket.at);
  const tokens = Math.min(limit.burst, bucket.tokens + (elapsed / 1000) * limit.perSecond);
  const fresh = tokens >= limit.burst || bucket.lockedUntil > 0;
  return { tokens, at: Math.max(now, bucket.at), refusals: fresh ? 0 : bucket.refusals, lockedUntil: 0 };
}

/** Whether forgetting the bucket changes nothing: it would be full by now and isn't locked. */
export function isIdle(bucket: Bucket, limit: RateLimit, now: number): boolean {
  return now >= bucket.lockedUntil && refill(bucket, limit, now).tokens >= limit.burst;
}

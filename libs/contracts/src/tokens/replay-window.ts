import { AppError } from '../errors/app-error.js';
import { CLOCK_SKEW } from './token-types.js';

/**
 * Remembers the `jti` of requests until they have expired, so that a verb with an effect takes each once.
 *
 * Per process: another replica has its own window, and a restart empties it. What must be single-use across replicas
 * (grants, commands, records) has its own durable key. Bounded: when it is full, requests are refused, not forgotten.
 */
export class ReplayWindow {
  /** By second of expiry, so that forgetting costs nothing per entry. */
  private readonly seen = new Map<number, Set<string>>();
  private size = 0;
  /** Latest expiry that was forgotten: should the clock step back, what is older is refused unseen. */
  private forgotten = 0;

  constructor(private readonly capacity = 200_000) {}

  /**
   * True the first time, false ever after until the token has expired (which its verification refuses by itself).
   *
   * @param exp the token's `exp`, seconds. @throws AppError `RATE_LIMITED` when the window is full.
   */
  admit(jti: string, exp: number, now: Date): boolean {
    this.forget(now);
    if (exp <= this.forgotten) return false;
    const bucket = this.seen.get(exp) ?? new Set();
    if (bucket.has(jti)) return false;
    if (this.size >= this.capacity) throw new AppError('RATE_LIMITED', 'Too many requests at once.');
    this.seen.set(exp, bucket.add(jti));
    this.size += 1;
    return true;
  }

  private forget(now: Date): void {
    const time = now.getTime() / 1000;
    for (const [exp, bucket] of this.seen) {
      if (time < exp + CLOCK_SKEW) continue;
      this.seen.delete(exp);
      this.size -= bucket.size;
      this.forgotten = Math.max(this.forgotten, exp);
    }
  }
}

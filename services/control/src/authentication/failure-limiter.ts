/**
 * Failures that a source may have at once, and how fast they are forgiven. A key has 160 random bits, so this is not what
 * keeps it from being guessed: it bounds the argon2id runs that one source can cause, without making it easy to lock out
 * everybody behind one proxy.
 */
const BURST = 30;
const FORGIVEN_PER_SECOND = 1;
const CAPACITY = 20_000;

interface Account {
  failures: number;
  at: number;
}

/**
 * Limits guessing: a source (an address, hashed by whoever faces it) with too many recent failures is refused before
 * anything is looked up. Successes are neither counted nor limited here. Time in milliseconds comes from the caller.
 */
export class FailureLimiter {
  private readonly accounts = new Map<string, Account>();

  isBlocked(source: string, now: number): boolean {
    return this.failures(source, now) >= BURST;
  }

  fail(source: string, now: number): void {
    const failures = this.failures(source, now) + 1;
    // Re-inserting keeps the most recent last, so the forgotten one is the longest quiet.
    this.accounts.delete(source);
    this.accounts.set(source, { failures, at: now });
    if (this.accounts.size <= CAPACITY) return;
    const oldest = this.accounts.keys().next();
    if (!oldest.done) this.accounts.delete(oldest.value);
  }

  /** Seconds until the source is heard again. */
  retryAfter(source: string, now: number): number {
    return Math.max(1, Math.ceil((this.failures(source, now) - BURST + 1) / FORGIVEN_PER_SECOND));
  }

  private failures(source: string, now: number): number {
    const account = this.accounts.get(source);
    if (account === undefined) return 0;
    const forgiven = (Math.max(0, now - account.at) / 1000) * FORGIVEN_PER_SECOND;
    return Math.max(0, account.failures - forgiven);
  }
}

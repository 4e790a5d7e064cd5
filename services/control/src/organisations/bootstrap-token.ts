import { timingSafeEqual } from 'node:crypto';
import { AppError, sha256, type Secret } from '@portcullis/contracts';
import type { FailureLimiter } from '../authentication/failure-limiter.js';

/** The one-time token of the installation. Only its SHA-256 is known here. */
export class BootstrapToken {
  constructor(
    /** Null: the installation has none (any more). */
    private readonly tokenHash: Buffer | null,
    private readonly limiter: FailureLimiter,
    private readonly clock: () => Date,
  ) {}

  /** What ids of the home organisation are derived from. @throws AppError `FAILED_PRECONDITION` */
  get hash(): Buffer {
    if (this.tokenHash !== null) return this.tokenHash;
    throw new AppError(
      'FAILED_PRECONDITION',
      'This installation has no bootstrap token (BOOTSTRAP_TOKEN_HASH_FILE).',
    );
  }

  /** @throws AppError `UNAUTHENTICATED` for another token, `RATE_LIMITED` after too many, `FAILED_PRECONDITION`. */
  check(presented: Secret, source: string): void {
    const now = this.clock().getTime();
    const { hash } = this;
    if (this.limiter.isBlocked(source, now))
      throw new AppError('RATE_LIMITED', 'Too many wrong tokens. Try again later.');
    if (timingSafeEqual(sha256(presented.reveal()), hash)) return;
    this.limiter.fail(source, now);
    throw new AppError('UNAUTHENTICATED', 'This is not the bootstrap token of the installation.');
  }
}

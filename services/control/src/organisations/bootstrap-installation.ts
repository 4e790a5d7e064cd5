import { timingSafeEqual } from 'node:crypto';
import { AppError, deterministicId, sha256, type Secret } from '@portcullis/contracts';
import type { DataSource } from 'typeorm';
import type { PolicyCommands } from '../access/policy-commands.js';
import type { Person } from '../authentication/admin.js';
import type { FailureLimiter } from '../authentication/failure-limiter.js';
import type { Founded, FoundOrganisation } from './found-organisation.js';

export interface BootstrapParts {
  readonly dataSource: DataSource;
  readonly found: FoundOrganisation;
  readonly policy: PolicyCommands;
  readonly limiter: FailureLimiter;
  /** SHA-256 of the one-time token; null: there is none. */
  readonly tokenHash: Buffer | null;
  readonly clock: () => Date;
}

/** Held while the home organisation is founded, so that two requests can't found two. Arbitrary. */
const BOOTSTRAP_LOCK = 7_203_201;

/**
 * Founds the home organisation: once, and only with the token that whoever set up the installation holds. All ids are
 * derived from the token, so a request that failed half-way is completed by sending it again.
 */
export class BootstrapInstallation {
  constructor(private readonly parts: BootstrapParts) {}

  /**
   * @throws AppError `UNAUTHENTICATED` for another token, `RATE_LIMITED` after too many, `ALREADY_EXISTS` when there is an
   * organisation, `FAILED_PRECONDITION` when the installation has no bootstrap token.
   */
  async run(token: Secret, source: string, wanted: { name: string; admin: Person }): Promise<Founded> {
    const tokenHash = this.checkToken(token, source);
    const { dataSource, found, policy } = this.parts;
    const org = deterministicId('portcullis/v1/home', tokenHash);
    const founder = deterministicId('portcullis/v1/home-founder', tokenHash);
    return dataSource.transaction(async (manager) => {
      await manager.query('SELECT pg_advisory_xact_lock($1)', [BOOTSTRAP_LOCK]);
      const [row] = await manager.query<{ count: string }[]>('SELECT organisation_count() AS count');
      if (row?.count !== '0') throw new AppError('ALREADY_EXISTS', 'This installation has its home organisation already.');
      return found.run({ org, founder, home: true, ...wanted }, null, () =>
        policy.sendAsInstallation(
          [{ type: 'RegisterOrganisation', org, founder, home: true }],
          deterministicId('portcullis/v1/register', org),
        ),
      );
    });
  }

  private checkToken(token: Secret, source: string): Buffer {
    const { tokenHash, limiter } = this.parts;
    const now = this.parts.clock().getTime();
    if (tokenHash === null) {
      throw new AppError('FAILED_PRECONDITION', 'This installation has no bootstrap token (BOOTSTRAP_TOKEN_HASH_FILE).');
    }
    if (limiter.isBlocked(source, now)) throw new AppError('RATE_LIMITED', 'Too many wrong tokens. Try again later.');
    if (timingSafeEqual(sha256(token.reveal()), tokenHash)) return tokenHash;
    limiter.fail(source, now);
    throw new AppError('UNAUTHENTICATED', 'This is not the bootstrap token of the installation.');
  }
}

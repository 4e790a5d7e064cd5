import { AppError, parseApiKey, type Secret } from '@portcullis/contracts';
import type { Logger } from '@portcullis/platform';
import type { Authenticated } from './admin.js';
import type { FailureLimiter } from './failure-limiter.js';
import type { KeyAuthorities, KeyAuthority } from './key-authorities.js';
import type { KeyHasher } from './key-hasher.js';
import type { VerifiedKeys } from './verified-keys.js';

export interface AuthenticateKeyParts {
  readonly authorities: KeyAuthorities;
  readonly hasher: KeyHasher;
  readonly verified: VerifiedKeys;
  readonly limiter: FailureLimiter;
  /** Hash of a key that nobody has: judging it costs what judging a real one costs. */
  readonly nobodysHash: string;
  readonly clock: () => Date;
  readonly logger: Logger;
  readonly refusals: { inc(labels: { reason: KeyRefusal }): void };
}

/** `rejected`: unknown, wrong, revoked, or of somebody who was removed. */
export type KeyRefusal = 'malformed' | 'rejected' | 'rate_limited';

export const KEY_REFUSALS = {
  name: 'portcullis_key_refusals_total',
  help: 'Presented API keys that were refused, by reason.',
  labels: ['reason'],
} as const;

/**
 * Who presents this key? Malformed, unknown, wrong, revoked, or of somebody who was removed: one error, one message, and
 * beyond the checksum also one duration, since an unknown key is judged against a hash that nothing matches.
 */
export class AuthenticateKey {
  constructor(private readonly parts: AuthenticateKeyParts) {}

  /**
   * @param source whom failures are counted against: an address, or a hash of one.
   * @throws AppError `UNAUTHENTICATED`; `RATE_LIMITED` after too many failures of this source, or when too many keys are
   * being judged at once.
   */
  async run(presented: Secret, source: string): Promise<Authenticated> {
    const { limiter, clock, authorities, logger } = this.parts;
    // Shape and checksum come before any look-up: a typing mistake costs nobody anything, and counts for nothing.
    const keyId = parseApiKey(presented.revealText())?.keyId;
    if (keyId === undefined) throw this.refused('malformed');
    this.refuseGuessing(presented, source);
    const authority = await authorities.find(keyId);
    const genuine = await this.isGenuine(presented, authority);
    if (authority === null || !genuine || !authority.inForce) {
      limiter.fail(source, clock().getTime());
      throw this.refused('rejected');
    }
    authorities
      .markUsed(authority)
      .catch((err: unknown) => logger.warn({ err }, 'the use of a key was not noted'));
    return toAuthenticated(authority);
  }

  private refused(reason: KeyRefusal): AppError {
    this.parts.refusals.inc({ reason });
    return notAuthenticated();
  }

  /** A key that argon2id has confirmed before is no guess: others behind the same address can't lock its holder out. */
  private refuseGuessing(presented: Secret, source: string): void {
    const now = this.parts.clock().getTime();
    if (!this.parts.limiter.isBlocked(source, now) || this.parts.verified.has(presented)) return;
    this.parts.refusals.inc({ reason: 'rate_limited' });
    const retryAfterSeconds = this.parts.limiter.retryAfter(source, now);
    throw new AppError('RATE_LIMITED', 'Too many keys of this address were refused. Try again later.', {
      details: { retryAfterSeconds },
    });
  }

  private async isGenuine(presented: Secret, authority: KeyAuthority | null): Promise<boolean> {
    const { verified, hasher, nobodysHash } = this.parts;
    const hash = authority?.hash ?? nobodysHash;
    if (verified.isKnown(presented, hash)) return true;
    const genuine = await hasher.verify(hash, presented);
    if (genuine) verified.remember(presented, hash);
    return genuine;
  }
}

export const notAuthenticated = (): AppError =>
  new AppError('UNAUTHENTICATED', 'A valid API key is required: Authorization: Bearer pcl_…');

export function toAuthenticated(key: KeyAuthority): Authenticated {
  return {
    principal: {
      org: key.org,
      sub: key.user,
      kind: key.kind === 'service' ? 'system' : 'user',
      client: null,
      agent: null,
      scopes: key.scopes,
      sid: key.keyId,
      gen: key.generation,
      subjectKey: { keyId: key.subjectKeyId, publicKey: key.subjectPublicKey },
    },
    person: { name: key.name, email: key.email },
  };
}

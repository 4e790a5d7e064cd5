import { issueToken, type GrantClaims, type Keyring, type ReadingClaims } from '@portcullis/contracts';
import type { RecordPlace } from './record-once.js';

/** Longest lifetime of a receipt, seconds: a grant's. */
const LIFETIME = 30;

/** What a receipt is bound to, of a grant of policy or a leave to read. */
export type Granted = Pick<GrantClaims | ReadingClaims, 'org' | 'call' | 'attempt' | 'exp'>;

/** Tells the vault that the intent of this very grant is durable. MUST be called only after the store's acknowledgement. */
export function issueReceipt(
  keyring: Keyring,
  grant: { claims: Granted; hash: string },
  stored: RecordPlace,
): string {
  const { claims, hash } = grant;
  return issueToken(keyring, 'pc-receipt+jwt', 'vault', {
    // The grant's, unless policy's clock is ahead of ours: then a receipt would live longer than any may.
    exp: Math.min(claims.exp, Math.floor(keyring.clock().getTime() / 1000) + LIFETIME),
    kind: 'intent',
    org: claims.org,
    call: claims.call,
    attempt: claims.attempt,
    gh: hash,
    recordId: stored.recordId,
    dh: stored.dataHash,
    stream: stored.stream,
    revision: stored.revision,
  });
}

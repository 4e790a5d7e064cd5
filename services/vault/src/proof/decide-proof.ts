import { timingSafeEqual } from 'node:crypto';
import type { ErrorCode, GrantClaims, ReadingClaims, ReceiptClaims } from '@portcullis/contracts';

/** Why grant and receipt prove nothing for what was asked. `reason` is stable. */
export interface ProofFault {
  readonly code: ErrorCode;
  readonly reason: string;
  readonly message: string;
}

/** With leave to read in place of a grant, it is the same that receipts are bound to. */
/** A grant about a server: every one but those about key-encryption keys and erasures. */
export type ServerGrant = GrantClaims & { srv: string; slug: string; dst: string };

export interface Proof<Granted = ServerGrant> {
  readonly grant: Granted;
  /** SHA-256 of the grant's payload as it was received, base64url. */
  readonly grantHash: string;
  readonly receipt: ReceiptClaims;
}

const fault = (reason: string, message: string): ProofFault => ({ code: 'FORBIDDEN', reason, message });

/**
 * Whether a verified receipt is the record of this very grant, and the grant allows one of `operations`. Both tokens'
 * origin, audience and freshness have been checked before; here it is only about whether they belong together.
 */
export function decideProof(
  { grant, grantHash, receipt }: Proof<GrantClaims | ReadingClaims>,
  operations: readonly string[],
): ProofFault | null {
  if (!same(receipt.gh, grantHash))
    return fault('receipt_of_other_grant', 'The receipt is of another grant.');
  if (receipt.org !== grant.org)
    return fault('receipt_of_other_organisation', 'The receipt is of another organisation.');
  if (receipt.call !== grant.call || receipt.attempt !== grant.attempt) {
    return fault('receipt_of_other_call', 'The receipt is of another call or attempt.');
  }
  if (receipt.exp !== grant.exp)
    return fault('receipt_of_other_term', 'The receipt ends at another time than the grant.');
  if (!operations.includes(grant.op))
    return fault('operation', `The grant is for ${grant.op}, which this is not.`);
  return null;
}

/** Whether the answer may be sealed to this key: policy put its hash into the grant (SHA-256, base64url). */
export function decideReplyKey(grant: Pick<GrantClaims, 'rkh'>, replyKeyHash: string): ProofFault | null {
  if (grant.rkh !== null && same(grant.rkh, replyKeyHash)) return null;
  return fault('reply_key', 'The grant names another reply key.');
}

/** Whether the arguments are those that policy decided on. */
export function decideArguments(grant: GrantClaims, digest: string): ProofFault | null {
  if (grant.ad !== null && same(grant.ad, digest)) return null;
  return fault('arguments', 'The grant is for other arguments.');
}

function same(a: string, b: string): boolean {
  const left = Buffer.from(a, 'utf8');
  const right = Buffer.from(b, 'utf8');
  return left.byteLength === right.byteLength && timingSafeEqual(left, right);
}

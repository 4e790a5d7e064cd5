import { argumentDigest, fromB64u, type SecretTarget } from '@portcullis/contracts';
import { decideTarget } from './decide-target.js';
import { decideArguments, type Proof } from './decide-proof.js';
import { demand, type PresentedChange, type Proofs } from './proofs.js';

/**
 * Proof that policy allowed exactly this change, argument by argument, and audit has recorded it. The operation's name
 * stands in the digest where a call has its tool's.
 *
 * @throws AppError `UNAUTHENTICATED` or `FORBIDDEN`, as {@link Proofs.verify} does.
 */
export function verifyChange<Arguments extends { target: SecretTarget }>(
  proofs: Proofs,
  operation: 'secret.put' | 'secret.delete',
  change: PresentedChange<Arguments>,
  now: Date,
): Proof {
  const proof = proofs.verify(change, [operation], now);
  const digest = argumentDigest(fromB64u(change.argumentSalt), operation, change.arguments);
  demand(decideArguments(proof.grant, digest));
  demand(decideTarget(proof.grant, change.arguments.target));
  return proof;
}

import type { SecretTarget } from '@portcullis/contracts';
import { decideTarget } from './decide-target.js';
import type { Proof } from './decide-proof.js';
import { demand, type PresentedChange, type Proofs } from './proofs.js';

/**
 * {@link Proofs.verifyChange} of a secret, and that the grant is about the place that the change names.
 *
 * @throws AppError `UNAUTHENTICATED` or `FORBIDDEN`, as {@link Proofs.verify} does.
 */
export function verifySecretChange<Arguments extends { target: SecretTarget }>(
  proofs: Proofs,
  operation: 'secret.put' | 'secret.delete',
  change: PresentedChange<Arguments>,
  now: Date,
): Proof {
  // Of a grant for a secret, its schema demands the server.
  const proof = proofs.verifyChange(change, operation, now) as Proof;
  demand(decideTarget(proof.grant, change.arguments.target));
  return proof;
}

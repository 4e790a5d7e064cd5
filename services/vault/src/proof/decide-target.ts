import type { SecretTarget } from '@portcullis/contracts';
import type { ProofFault, ServerGrant } from './decide-proof.js';

/**
 * Whether a change to the secret at `target` is what the grant is about. The grant's claims are compared one by one
 * although the argument digest covers the target too: what the vault stores under never depends on one check alone.
 * Which user's secret this principal may delete is policy's decision, and the digest binds that user.
 */
export function decideTarget(grant: ServerGrant, target: SecretTarget): ProofFault | null {
  const [slot, ...others] = grant.slots;
  if (grant.srv !== target.srv) return fault('server', 'The grant is for another server.');
  if (grant.dst !== target.dst) return fault('destination', 'The grant is for another destination.');
  if (others.length > 0 || slot?.slot !== target.slot || slot.owner !== target.ownerKind) {
    return fault('slot', 'The grant is for another credential slot.');
  }
  if (target.ownerKind === 'organisation' && target.owner !== grant.org) {
    return fault('owner', "The owner is not the grant's organisation.");
  }
  return null;
}

/** Only users themselves may entrust a credential of theirs: storing it is their consent to its destination. */
export function decideOwnPut(grant: ServerGrant, target: SecretTarget): ProofFault | null {
  if (target.ownerKind === 'organisation' || target.owner === grant.sub) return null;
  return fault('owner', 'A credential of a user is stored by that user only.');
}

const fault = (reason: string, message: string): ProofFault => ({ code: 'FORBIDDEN', reason, message });

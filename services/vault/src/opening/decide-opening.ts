import { AppError, type CredentialSlot } from '@portcullis/contracts';
import type { StoredSecret } from '../storage/stored-secret.js';
import type { ServerGrant } from '../proof/decide-proof.js';

/** Whose secret a slot asks for: the organisation's, or the one of the user whom the grant is about. */
export const ownerOf = (grant: ServerGrant, slot: CredentialSlot): string =>
  slot.owner === 'organisation' ? grant.org : grant.sub;

/**
 * The secrets that this grant opens, one for each of its slots, out of those that were found.
 *
 * @throws AppError naming the slot: `CREDENTIAL_MISSING`, or `CREDENTIAL_SUSPENDED` when the owner has not consented
 * to the destination that the grant names.
 */
export function decideOpening<S extends StoredSecret>(grant: ServerGrant, found: readonly S[]): S[] {
  const names = new Set(grant.slots.map(({ slot }) => slot));
  if (names.size === 0) throw new AppError('INVALID_ARGUMENT', 'The grant opens no credential.');
  if (names.size < grant.slots.length) {
    throw new AppError(
      'INVALID_ARGUMENT',
      'The grant names a slot twice: the answer could be read in two ways.',
    );
  }
  return grant.slots.map((slot) => decideSlot(grant, slot, found));
}

function decideSlot<S extends StoredSecret>(
  grant: ServerGrant,
  slot: CredentialSlot,
  found: readonly S[],
): S {
  const owner = ownerOf(grant, slot);
  const details = { slot: slot.slot, owner: slot.owner, srv: grant.srv };
  const secret = found.find(
    (it) =>
      it.org === grant.org &&
      it.srv === grant.srv &&
      it.slot === slot.slot &&
      it.ownerKind === slot.owner &&
      it.owner === owner,
  );
  if (secret === undefined) {
    const whose = slot.owner === 'organisation' ? 'The organisation has' : 'You have';
    throw new AppError(
      'CREDENTIAL_MISSING',
      `${whose} stored no credential for slot "${slot.slot}" of this server.`,
      {
        details,
      },
    );
  }
  if (secret.suspended) {
    throw new AppError(
      'CREDENTIAL_SUSPENDED',
      `The credential for slot "${slot.slot}" is suspended: store it again.`,
      {
        details: { ...details, reason: 'suspended' },
      },
    );
  }
  if (secret.dst !== grant.dst) {
    throw new AppError(
      'CREDENTIAL_SUSPENDED',
      `The credential for slot "${slot.slot}" was stored for ${secret.dst}, but the server is now elsewhere: store it again to consent.`,
      { details: { ...details, reason: 'destination_changed' } },
    );
  }
  return secret;
}

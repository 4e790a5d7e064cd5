import { AppError, type CredentialSlot, type OwnerKind, type SecretTarget } from '@portcullis/contracts';
import type { Admin } from '../authentication/admin.js';
import type { ServerRow } from '../database/rows.js';

export interface WantedSecret {
  readonly slot: string;
  readonly owner: OwnerKind;
  /** Whose, where it is not the organisation's and not the asker's own. */
  readonly user?: string | undefined;
}

export interface Targeted {
  readonly target: SecretTarget;
  readonly slot: CredentialSlot;
}

/**
 * Where a credential belongs, from what the directory knows: a client names server, slot and kind of owner, never a
 * destination. Policy checks the same against its own facts.
 *
 * @throws AppError `NOT_FOUND` for a slot that the server does not have, `INVALID_ARGUMENT` for the wrong kind of owner.
 */
export function secretTarget(admin: Admin, server: ServerRow, wanted: WantedSecret): Targeted {
  const slot = server.slots.find((one) => one.slot === wanted.slot);
  if (slot === undefined)
    throw new AppError('NOT_FOUND', `The server "${server.slug}" has no slot "${wanted.slot}".`);
  if (slot.owner !== wanted.owner) {
    const what = `the slot "${slot.slot}" takes a credential of ${slot.owner === 'user' ? 'each user' : 'the organisation'}`;
    throw new AppError('INVALID_ARGUMENT', `The owner does not fit: ${what}.`, {
      details: { faults: [{ where: 'owner', what }] },
    });
  }
  const { org, sub } = admin.principal;
  const owner = wanted.owner === 'organisation' ? org : (wanted.user ?? sub);
  return {
    target: { ownerKind: wanted.owner, owner, srv: server.srv, slot: slot.slot, dst: server.dst },
    slot: { slot: slot.slot, owner: slot.owner },
  };
}

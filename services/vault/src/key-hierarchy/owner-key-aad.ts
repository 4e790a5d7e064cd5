import { idBytes, lp, uint64be } from '@portcullis/contracts';
import type { OwnerKeyContext } from '../ports/key-provider.js';

/**
 * What a wrapped owner key is bound to:
 *
 *     LP("portcullis/owner-key/v1") ‖ LP(key) ‖ LP(org) ‖ LP(ownerKind) ‖ LP(owner) ‖ LP(keyId) ‖ LP(uint64 version)
 *
 * Ids as 16 bytes. `key` is the id of the key-encryption key, or its reference where one wrapping has to be bound to the
 * same bytes under every version of the key (formats.md, "Keys of owners").
 */
export function ownerKeyAad(key: string, { org, ownerKind, owner, keyId, version }: OwnerKeyContext): Buffer {
  return lp(
    'portcullis/owner-key/v1',
    key,
    idBytes(org),
    ownerKind,
    idBytes(owner),
    idBytes(keyId),
    uint64be(version),
  );
}

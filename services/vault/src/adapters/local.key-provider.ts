import {
  AppError,
  deriveLocalKek,
  idBytes,
  lp,
  uint64be,
  unwrapKey,
  wrapKey,
  type Secret,
} from '@portcullis/contracts';
import type { KeyProvider, OwnerKeyContext, WrappedOwnerKey } from '../ports/key-provider.js';

export interface LocalKey {
  readonly id: string;
  readonly rootSecret: Secret;
}

/**
 * Key-encryption keys derived by HKDF-SHA256 from a root secret outside the database (H3). The first key is the primary,
 * further ones only open. Wrapping: contracts.md, "Owner keys wrapped by the KEK provider".
 */
export class LocalKeyProvider implements KeyProvider {
  readonly primary: string;
  private readonly keys: ReadonlyMap<string, Buffer>;

  /** The root secrets are not kept: the caller may wipe them. */
  constructor(primary: LocalKey, ...others: readonly LocalKey[]) {
    this.primary = primary.id;
    this.keys = new Map(
      [primary, ...others].map(({ id, rootSecret }) => [id, deriveLocalKek(rootSecret, id)]),
    );
  }

  async wrap(key: Uint8Array, context: OwnerKeyContext): Promise<WrappedOwnerKey> {
    const bytes = wrapKey({
      wrappingKey: this.kek(this.primary),
      key,
      aad: ownerKeyAad(this.primary, context),
    });
    return { kekId: this.primary, bytes };
  }

  async unwrap({ kekId, bytes }: WrappedOwnerKey, context: OwnerKeyContext): Promise<Buffer> {
    return unwrapKey({ wrappingKey: this.kek(kekId), wrapped: bytes, aad: ownerKeyAad(kekId, context) });
  }

  /** Nothing can be wrapped or unwrapped any more. */
  wipe(): void {
    for (const kek of this.keys.values()) kek.fill(0);
    (this.keys as Map<string, Buffer>).clear();
  }

  private kek(id: string): Buffer {
    const kek = this.keys.get(id);
    if (kek !== undefined) return kek;
    throw new AppError('KEY_UNAVAILABLE', `The key-encryption key "${id}" is not configured.`, {
      details: { kekId: id },
    });
  }
}

/**
 * LP("portcullis/owner-key/v1") ‖ LP(kekId) ‖ LP(org) ‖ LP(ownerKind) ‖ LP(owner) ‖ LP(keyId) ‖ LP(uint64 version); ids as
 * 16 bytes.
 */
function ownerKeyAad(kekId: string, { org, ownerKind, owner, keyId, version }: OwnerKeyContext): Buffer {
  return lp(
    'portcullis/owner-key/v1',
    kekId,
    idBytes(org),
    ownerKind,
    idBytes(owner),
    idBytes(keyId),
    uint64be(version),
  );
}

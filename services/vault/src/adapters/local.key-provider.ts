import { AppError, deriveLocalKek, unwrapKey, wrapKey, type Secret } from '@portcullis/contracts';
import { ownerKeyAad } from '../key-hierarchy/owner-key-aad.js';
import { tryKey } from '../key-hierarchy/try-key.js';
import type {
  KeyProvider,
  KeyVersionStatus,
  OwnerKeyContext,
  WrappedOwnerKey,
} from '../ports/key-provider.js';

/**
 * A key-encryption key derived by HKDF-SHA256 from a root secret outside the database (H3). Wrapping: contracts.md, "Owner
 * keys wrapped by the KEK provider". It has no versions: the next key has another id.
 */
export class LocalKeyProvider implements KeyProvider {
  private kek: Buffer | undefined;

  /** The root secret is not kept: the caller may wipe it. */
  constructor(
    readonly reference: string,
    rootSecret: Secret,
  ) {
    this.kek = deriveLocalKek(rootSecret, reference);
  }

  async primary(): Promise<string> {
    return this.reference;
  }

  async wrap(key: Uint8Array, context: OwnerKeyContext): Promise<WrappedOwnerKey> {
    const kekId = this.reference;
    return {
      kekId,
      bytes: wrapKey({ wrappingKey: this.keyOf(kekId), key, aad: ownerKeyAad(kekId, context) }),
    };
  }

  async unwrap({ kekId, bytes }: WrappedOwnerKey, context: OwnerKeyContext): Promise<Buffer> {
    return unwrapKey({ wrappingKey: this.keyOf(kekId), wrapped: bytes, aad: ownerKeyAad(kekId, context) });
  }

  async rewrap(wrapped: WrappedOwnerKey, context: OwnerKeyContext): Promise<WrappedOwnerKey> {
    const key = await this.unwrap(wrapped, context);
    try {
      return await this.wrap(key, context);
    } finally {
      key.fill(0);
    }
  }

  async describe(): Promise<readonly KeyVersionStatus[]> {
    return this.kek === undefined ? [] : [{ kekId: this.reference, seals: true, opens: true }];
  }

  check(): Promise<void> {
    return tryKey(this);
  }

  async close(): Promise<void> {
    this.kek?.fill(0);
    this.kek = undefined;
  }

  private keyOf(kekId: string): Buffer {
    if (this.kek !== undefined && kekId === this.reference) return this.kek;
    throw new AppError('KEY_UNAVAILABLE', `The key-encryption key "${kekId}" is not configured.`, {
      details: { kekId, reason: 'not_configured' },
    });
  }
}

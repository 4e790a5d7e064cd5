import {
  AppError,
  decodeEnvelope,
  encodeEnvelope,
  openEnvelope,
  sealEnvelope,
  secretAad,
  type Secret,
  type SecretAad,
} from '@portcullis/contracts';
import type { OwnerKeys, StoredOwnerKey } from './owner-keys.js';

/** Seals and opens single values under their owner's key, each with a DEK of its own (P1). Formats: envelope v1. */
export class SecretEnvelopes {
  constructor(private readonly keys: OwnerKeys) {}

  /** The caller wipes the plaintext. */
  async seal(about: SecretAad, ownerKey: StoredOwnerKey, plaintext: Secret): Promise<Buffer> {
    const aad = secretAad(about);
    return this.keys.use(ownerKey, (key) =>
      encodeEnvelope(
        sealEnvelope({
          ...about,
          aad,
          ownerKey: key,
          ownerKeyId: ownerKey.keyId,
          ownerKeyVersion: ownerKey.version,
          plaintext: plaintext.reveal(),
        }),
      ),
    );
  }

  /**
   * The caller wipes the secret.
   *
   * @throws AppError `DECRYPTION_FAILED` unless exactly this was sealed, for this record, under this key.
   */
  async open(about: SecretAad, ownerKey: StoredOwnerKey, bytes: Uint8Array): Promise<Secret> {
    const envelope = decodeEnvelope(bytes);
    if (envelope.ownerKeyId !== ownerKey.keyId || envelope.ownerKeyVersion !== ownerKey.version) {
      throw new AppError('DECRYPTION_FAILED', 'The secret names another key than its row.');
    }
    const aad = secretAad(about);
    return this.keys.use(ownerKey, (key) => openEnvelope({ ...about, aad, ownerKey: key, envelope }));
  }
}

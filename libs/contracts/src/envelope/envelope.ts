import { createCipheriv, createDecipheriv, randomBytes, timingSafeEqual } from 'node:crypto';
import { hkdfExpand, hkdfExtract } from '../encoding/hkdf.js';
import { idBytes } from '../encoding/ids.js';
import { lp, uint64be } from '../encoding/length-prefix.js';
import { sha256 } from '../encoding/sha256.js';
import { AppError } from '../errors/app-error.js';
import { Secret } from '../sensitive/secret.js';
import { unwrapKey, wrapKeyWith, type WrapEntropy } from './key-wrap.js';

/** A stored value with its own key beside it, envelope version 1. Sizes in bytes. */
export interface Envelope {
  /** The key is chosen by this id and version, never by trial. */
  ownerKeyId: string;
  ownerKeyVersion: number;
  /** 32. */
  salt: Buffer;
  /** 32: commits to key and AAD, so that one ciphertext can't have two meanings. */
  com: Buffer;
  /** 92: the DEK under the owner key. */
  wrappedDek: Buffer;
  /** 12. */
  iv: Buffer;
  /** As long as the plaintext. */
  ciphertext: Buffer;
  /** 16. */
  tag: Buffer;
}

interface Place {
  org: string;
  secretId: string;
  recordVersion: bigint | number;
}

export interface SealEnvelopeParams extends Place {
  /** Of `secretAad`, about the same record. */
  aad: Uint8Array;
  /** 32 bytes. */
  ownerKey: Uint8Array;
  ownerKeyId: string;
  ownerKeyVersion: number;
  plaintext: Uint8Array;
}

export interface OpenEnvelopeParams extends Place {
  aad: Uint8Array;
  ownerKey: Uint8Array;
  envelope: Envelope;
}

export interface EnvelopeEntropy {
  dek: Buffer;
  salt: Buffer;
  iv: Buffer;
  wrap: WrapEntropy;
}

/** Seals under a fresh 32-byte DEK: equal plaintexts never give equal ciphertexts. The caller wipes the plaintext. */
export function sealEnvelope(params: SealEnvelopeParams): Envelope {
  return sealEnvelopeWith(params, {
    dek: randomBytes(32),
    salt: randomBytes(32),
    iv: randomBytes(12),
    wrap: { salt: randomBytes(32), iv: randomBytes(12) },
  });
}

/** For test vectors. Wipes `entropy.dek`. */
export function sealEnvelopeWith(params: SealEnvelopeParams, entropy: EnvelopeEntropy): Envelope {
  const { aad, ownerKeyId, ownerKeyVersion, plaintext } = params;
  const { dek, salt, iv } = entropy;
  const { kEnc, com } = recordKeys(dek, salt, aad);
  const cipher = createCipheriv('aes-256-gcm', kEnc, iv);
  cipher.setAAD(aad);
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  const wrapAad = dekAad(params, { ownerKeyId, ownerKeyVersion, com });
  const wrappedDek = wrapKeyWith({ wrappingKey: params.ownerKey, key: dek, aad: wrapAad }, entropy.wrap);
  for (const secret of [dek, kEnc]) secret.fill(0);
  return { ownerKeyId, ownerKeyVersion, salt, com, wrappedDek, iv, ciphertext, tag: cipher.getAuthTag() };
}

/**
 * The caller wipes the secret as soon as it has been used.
 *
 * @throws AppError `DECRYPTION_FAILED` unless exactly this was sealed, under this owner key, for this record and AAD.
 */
export function openEnvelope(params: OpenEnvelopeParams): Secret {
  const { aad, ownerKey, envelope } = params;
  const dek = unwrapKey({
    wrappingKey: ownerKey,
    wrapped: envelope.wrappedDek,
    aad: dekAad(params, envelope),
  });
  const { kEnc, com } = recordKeys(dek, envelope.salt, aad);
  dek.fill(0);
  try {
    if (com.byteLength !== envelope.com.byteLength || !timingSafeEqual(com, envelope.com)) {
      throw new AppError('DECRYPTION_FAILED', 'The secret is not the one that this record names.');
    }
    return decrypt(kEnc, aad, envelope);
  } finally {
    kEnc.fill(0);
  }
}

function decrypt(kEnc: Buffer, aad: Uint8Array, { iv, ciphertext, tag }: Envelope): Secret {
  let plaintext: Buffer | undefined;
  try {
    const decipher = createDecipheriv('aes-256-gcm', kEnc, iv, { authTagLength: 16 });
    decipher.setAAD(aad);
    decipher.setAuthTag(tag);
    plaintext = decipher.update(ciphertext);
    decipher.final();
    return Secret.of(plaintext);
  } catch (cause) {
    throw new AppError('DECRYPTION_FAILED', 'The secret can not be opened.', { cause });
  } finally {
    plaintext?.fill(0);
  }
}

function recordKeys(dek: Buffer, salt: Uint8Array, aad: Uint8Array): { kEnc: Buffer; com: Buffer } {
  const prk = hkdfExtract(salt, dek);
  const context = sha256(aad);
  const expand = (label: string): Buffer =>
    hkdfExpand(prk, Buffer.concat([Buffer.from(label, 'utf8'), context]), 32);
  const keys = { kEnc: expand('pc/enc/v1'), com: expand('pc/com/v1') };
  prk.fill(0);
  return keys;
}

/** Ties the DEK to its record, its owner key and the commitment. */
function dekAad(place: Place, key: Pick<Envelope, 'ownerKeyId' | 'ownerKeyVersion' | 'com'>): Buffer {
  return lp(
    'portcullis/dek/v1',
    idBytes(place.org),
    idBytes(key.ownerKeyId),
    uint64be(key.ownerKeyVersion),
    idBytes(place.secretId),
    uint64be(place.recordVersion),
    key.com,
  );
}

import type { KeyObject } from 'node:crypto';
import { AppError } from '../errors/app-error.js';
import { Secret } from '../sensitive/secret.js';
import { generatePrivateKey } from '../trust/identity.js';
import { HpkeSender } from './hpke-sender.js';
import { publicKeyFromRaw, rawPublicKey } from '../trust/raw-keys.js';
import { aeadOpen, AES_256_GCM, kemSharedSecret, keySchedule, nonceOf, type HpkeAead } from './hpke-suite.js';

export interface HpkeSealParams {
  /** A key object, or the 32 raw bytes. */
  recipientPublicKey: KeyObject | Uint8Array;
  info: Uint8Array | string;
  aad: Uint8Array;
  plaintext: Uint8Array;
}

export interface HpkeOpenParams {
  recipientPrivateKey: KeyObject;
  /** 32 bytes. */
  enc: Uint8Array;
  info: Uint8Array | string;
  aad: Uint8Array;
  /** `ciphertext ‖ tag16`. */
  ciphertext: Uint8Array;
  /** Which message of the sender's context it is; 0, the only one of a single shot, where none is said. */
  seq?: number;
}

const MIN_CIPHERTEXT = 16;

/**
 * Seals one message to a public key: RFC 9180 mode base, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM,
 * single shot. Says nothing about who sealed it.
 *
 * @throws AppError `INVALID_ARGUMENT` for a public key that is none.
 */
export function hpkeSeal(params: HpkeSealParams): { enc: Buffer; ciphertext: Buffer } {
  return hpkeSealWith(AES_256_GCM, generatePrivateKey('X25519'), params);
}

/** For test vectors: with this AEAD and this ephemeral key, which MUST NOT be used twice. */
export function hpkeSealWith(
  aead: HpkeAead,
  ephemeral: KeyObject,
  params: HpkeSealParams,
): { enc: Buffer; ciphertext: Buffer } {
  const sender = new HpkeSender({ aead, ephemeral, ...params });
  const { ciphertext } = sender.seal(params.aad, params.plaintext);
  sender.wipe();
  return { enc: sender.enc, ciphertext };
}

/** @throws AppError `DECRYPTION_FAILED` unless exactly this was sealed to this key with this info and aad. */
export function hpkeOpen(params: HpkeOpenParams): Secret {
  return hpkeOpenWith(AES_256_GCM, params);
}

/** For test vectors: with this AEAD. */
export function hpkeOpenWith(aead: HpkeAead, params: HpkeOpenParams): Secret {
  const { recipientPrivateKey, enc, info, aad, ciphertext } = params;
  try {
    if (ciphertext.byteLength < MIN_CIPHERTEXT) throw new Error('shorter than its tag');
    const kemContext = Buffer.concat([enc, rawPublicKey(recipientPrivateKey)]);
    const shared = kemSharedSecret(recipientPrivateKey, publicKeyFromRaw('X25519', enc), kemContext);
    const context = keySchedule(aead, shared, Buffer.from(info));
    const plaintext = aeadOpen(aead, context.key, nonceOf(context, params.seq ?? 0), aad, ciphertext);
    const secret = Secret.of(plaintext);
    for (const buffer of [shared, context.key, plaintext]) buffer.fill(0);
    return secret;
  } catch (cause) {
    throw new AppError('DECRYPTION_FAILED', 'The sealed value can not be opened.', { cause });
  }
}

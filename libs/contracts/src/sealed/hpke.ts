import type { KeyObject } from 'node:crypto';
import type { Secret } from '../sensitive/secret.js';
import { generatePrivateKey } from '../trust/identity.js';
import { HpkeReceiver, type HpkeMessage, type HpkeReception } from './hpke-receiver.js';
import { HpkeSender } from './hpke-sender.js';
import { AES_256_GCM, type HpkeAead } from './hpke-suite.js';

export interface HpkeSealParams {
  /** A key object, or the 32 raw bytes. */
  recipientPublicKey: KeyObject | Uint8Array;
  info: Uint8Array | string;
  aad: Uint8Array;
  plaintext: Uint8Array;
}

export type HpkeOpenParams = Omit<HpkeReception, 'aead'> & HpkeMessage;

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
  const receiver = new HpkeReceiver({ aead, ...params });
  try {
    return receiver.open(params);
  } finally {
    receiver.wipe();
  }
}

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { hkdf, hkdfExpand, hkdfExtract } from '../encoding/hkdf.js';
import { lp } from '../encoding/length-prefix.js';
import { AppError } from '../errors/app-error.js';
import { Secret } from '../sensitive/secret.js';

const SALT = 32;
const IV = 12;
const KEY = 32;
const TAG = 16;
/** `salt32 ‖ iv12 ‖ ciphertext32 ‖ tag16`. */
export const WRAPPED_KEY_BYTES = SALT + IV + KEY + TAG;

const INFO = Buffer.from('pc/wrap/v1', 'utf8');
const MIN_ROOT_BYTES = 32;
/** RFC 5869: no salt is as many zeros as the hash has bytes. */
const NO_SALT = Buffer.alloc(32);

export interface WrapEntropy {
  salt: Uint8Array;
  iv: Uint8Array;
}

/**
 * Wraps a 32-byte key: AES-256-GCM under HKDF-SHA256(wrapping key, fresh salt, "pc/wrap/v1"). Each wrapping has a key
 * of its own, so one wrapping key can be used without counting. `aad` says what the key is and is not stored.
 */
export function wrapKey(params: { wrappingKey: Uint8Array; key: Uint8Array; aad: Uint8Array }): Buffer {
  return wrapKeyWith(params, { salt: randomBytes(SALT), iv: randomBytes(IV) });
}

/** For test vectors. */
export function wrapKeyWith(
  { wrappingKey, key, aad }: { wrappingKey: Uint8Array; key: Uint8Array; aad: Uint8Array },
  { salt, iv }: WrapEntropy,
): Buffer {
  requireKeyBytes(wrappingKey);
  requireKeyBytes(key);
  const once = hkdf(wrappingKey, salt, INFO, KEY);
  const cipher = createCipheriv('aes-256-gcm', once, iv);
  cipher.setAAD(aad);
  const wrapped = Buffer.concat([salt, iv, cipher.update(key), cipher.final(), cipher.getAuthTag()]);
  once.fill(0);
  return wrapped;
}

/** The caller wipes the key. @throws AppError `DECRYPTION_FAILED` unless this key was wrapped under this one with this aad. */
export function unwrapKey(params: { wrappingKey: Uint8Array; wrapped: Uint8Array; aad: Uint8Array }): Buffer {
  const { wrappingKey, wrapped, aad } = params;
  requireKeyBytes(wrappingKey);
  if (wrapped.byteLength !== WRAPPED_KEY_BYTES)
    throw new AppError('DECRYPTION_FAILED', 'The wrapped key has a wrong size.');
  const once = hkdf(wrappingKey, wrapped.subarray(0, SALT), INFO, KEY);
  const decipher = createDecipheriv('aes-256-gcm', once, wrapped.subarray(SALT, SALT + IV), {
    authTagLength: TAG,
  });
  decipher.setAAD(aad);
  decipher.setAuthTag(wrapped.subarray(-TAG));
  const key = decipher.update(wrapped.subarray(SALT + IV, -TAG));
  try {
    decipher.final();
    return key;
  } catch (cause) {
    key.fill(0);
    throw new AppError('DECRYPTION_FAILED', 'The key can not be unwrapped.', { cause });
  } finally {
    once.fill(0);
  }
}

/**
 * Key-encryption key of the local provider: HKDF-SHA256(root secret, salt none, "portcullis/v1/kek" ‖ LP(keyId)).
 * Another id gives an unrelated key.
 *
 * @throws AppError `INVALID_ARGUMENT` for a root secret under 32 bytes.
 */
export function deriveLocalKek(rootSecret: Secret, keyId: string): Buffer {
  const keks = extractLocalKeks(rootSecret);
  try {
    return expandLocalKek(keks, keyId);
  } finally {
    keks.fill(0);
  }
}

/** The first half of {@link deriveLocalKek}, which is the same for every key id: 32 bytes, as secret as the root. */
export function extractLocalKeks(rootSecret: Secret): Buffer {
  if (rootSecret.byteLength < MIN_ROOT_BYTES) {
    throw new AppError('INVALID_ARGUMENT', 'The root secret has under 32 bytes.');
  }
  return hkdfExtract(NO_SALT, rootSecret.reveal());
}

/** The second half: the key of this id. */
export const expandLocalKek = (keks: Uint8Array, keyId: string): Buffer =>
  hkdfExpand(keks, Buffer.concat([Buffer.from('portcullis/v1/kek', 'utf8'), lp(keyId)]), KEY);

function requireKeyBytes(key: Uint8Array): void {
  if (key.byteLength !== KEY) throw new AppError('INVALID_ARGUMENT', 'The key has to have 32 bytes.');
}

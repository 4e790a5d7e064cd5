import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { AppError } from '../errors/app-error.js';

export type Curve = 'X25519' | 'Ed25519';

/** DER before the 32 raw bytes, RFC 8410: fixed, because both curves have fixed-size keys. */
const PREFIX = {
  X25519: { spki: '302a300506032b656e032100', pkcs8: '302e020100300506032b656e04220420' },
  Ed25519: { spki: '302a300506032b6570032100', pkcs8: '302e020100300506032b657004220420' },
} as const;

/** @throws AppError `INVALID_ARGUMENT` unless there are 32 bytes. */
export function publicKeyFromRaw(curve: Curve, raw: Uint8Array): KeyObject {
  const key = Buffer.concat([Buffer.from(PREFIX[curve].spki, 'hex'), checked(raw)]);
  return createPublicKey({ key, format: 'der', type: 'spki' });
}

/** @throws AppError `INVALID_ARGUMENT` unless there are 32 bytes. The caller's copy may be wiped afterwards. */
export function privateKeyFromRaw(curve: Curve, raw: Uint8Array): KeyObject {
  const der = Buffer.concat([Buffer.from(PREFIX[curve].pkcs8, 'hex'), checked(raw)]);
  try {
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  } finally {
    der.fill(0);
  }
}

/**
 * The 32 bytes of the public key, also of a private key's public half.
 *
 * @throws AppError `INVALID_ARGUMENT` for a key of another kind.
 */
export function rawPublicKey(key: KeyObject): Buffer {
  const half = key.type === 'private' ? createPublicKey(key) : key;
  // As JWK (RFC 8037), because OpenSSL takes twenty times as long to write DER.
  const { kty, x } = half.export({ format: 'jwk' });
  return checked(kty === 'OKP' && x !== undefined ? Buffer.from(x, 'base64url') : Buffer.alloc(0));
}

/** The 32 secret bytes (RFC 7748 scalar, RFC 8032 seed). */
export function rawPrivateKey(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'pkcs8' }).subarray(-32);
}

function checked<Bytes extends Uint8Array>(raw: Bytes): Bytes {
  if (raw.byteLength !== 32) throw new AppError('INVALID_ARGUMENT', 'A key of this curve has 32 bytes.');
  return raw;
}

import { createSecretKey, diffieHellman, type KeyObject } from 'node:crypto';
import { hkdf } from '../encoding/hkdf.js';
import { lp } from '../encoding/length-prefix.js';
import { AppError } from '../errors/app-error.js';
import type { ServiceName } from './identity.js';

export interface Direction {
  from: { service: ServiceName; kid: string };
  to: { service: ServiceName; kid: string };
}

/**
 * `K(a→b) = HKDF-SHA256(X25519(a, b), salt = LP(kid a) ‖ LP(kid b), info = "portcullis/v1/mac" ‖ LP(a) ‖ LP(b))`,
 * 32 bytes. Both sides derive it; the other direction has another key, so nothing can be reflected.
 */
export function pairwiseKey(own: KeyObject, peer: KeyObject, { from, to }: Direction): KeyObject {
  const shared = agree(own, peer);
  const info = Buffer.concat([Buffer.from('portcullis/v1/mac', 'utf8'), lp(from.service, to.service)]);
  const key = hkdf(shared, lp(from.kid, to.kid), info, 32);
  shared.fill(0);
  try {
    return createSecretKey(key);
  } finally {
    key.fill(0);
  }
}

/** X25519, RFC 7748. @throws AppError `INVALID_ARGUMENT` for a point of small order, whose shared secret is zero. */
export function agree(privateKey: KeyObject, publicKey: KeyObject): Buffer {
  try {
    return diffieHellman({ privateKey, publicKey });
  } catch (cause) {
    throw new AppError('INVALID_ARGUMENT', 'The public key can not be used.', { cause });
  }
}

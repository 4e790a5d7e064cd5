import type { KeyObject } from 'node:crypto';
import { b64u } from '../encoding/base64url.js';
import { deterministicId } from '../encoding/ids.js';
import { sha256 } from '../encoding/sha256.js';
import { generatePrivateKey } from '../trust/identity.js';
import { rawPublicKey } from '../trust/raw-keys.js';

/** An ephemeral X25519 pair that answers are sealed to. `publicKey`: 32 raw bytes. */
export interface ReplyKey {
  kid: string;
  privateKey: KeyObject;
  publicKey: Buffer;
}

export function generateReplyKey(): ReplyKey {
  const privateKey = generatePrivateKey('X25519');
  const publicKey = rawPublicKey(privateKey);
  return { kid: replyKeyId(publicKey), privateKey, publicKey };
}

/** Both sides derive the id from the public key: it need not travel. */
export function replyKeyId(publicKey: Uint8Array): string {
  return deterministicId('portcullis/v1/reply-key', publicKey);
}

/** The grant's `rkh`: SHA-256 of the 32 raw bytes, base64url. */
export function replyKeyHash(publicKey: Uint8Array): string {
  return b64u(sha256(publicKey));
}

import { createCipheriv, createDecipheriv, type CipherGCMTypes, type KeyObject } from 'node:crypto';
import { hkdfExpand, hkdfExtract } from '../encoding/hkdf.js';
import { agree } from '../trust/pairwise.js';

/** An AEAD of RFC 9180 section 7.3. */
export interface HpkeAead {
  id: number;
  cipher: CipherGCMTypes;
  keyBytes: number;
}

export const AES_128_GCM: HpkeAead = { id: 0x0001, cipher: 'aes-128-gcm', keyBytes: 16 };
export const AES_256_GCM: HpkeAead = { id: 0x0002, cipher: 'aes-256-gcm', keyBytes: 32 };

const KEM_ID = 0x0020; // DHKEM(X25519, HKDF-SHA256)
const KDF_ID = 0x0001; // HKDF-SHA256
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const MODE_BASE = 0x00;

const ascii = (text: string): Buffer => Buffer.from(text, 'latin1');
const KEM_SUITE = Buffer.concat([ascii('KEM'), uint16(KEM_ID)]);
const EMPTY = Buffer.alloc(0);

export interface HpkeContext {
  key: Buffer;
  baseNonce: Buffer;
  exporterSecret: Buffer;
}

/** ExtractAndExpand(dh, kem_context), RFC 9180 section 4.1; `kemContext` is `enc ‖ pkRm`. */
export function kemSharedSecret(privateKey: KeyObject, publicKey: KeyObject, kemContext: Uint8Array): Buffer {
  const dh = agree(privateKey, publicKey);
  const prk = labeledExtract(KEM_SUITE, EMPTY, 'eae_prk', dh);
  dh.fill(0);
  return labeledExpand({ suite: KEM_SUITE, prk, label: 'shared_secret', info: kemContext, length: 32 });
}

/** KeySchedule in mode base, RFC 9180 section 5.1. */
export function keySchedule(aead: HpkeAead, sharedSecret: Uint8Array, info: Uint8Array): HpkeContext {
  const suite = Buffer.concat([ascii('HPKE'), uint16(KEM_ID), uint16(KDF_ID), uint16(aead.id)]);
  const pskIdHash = labeledExtract(suite, EMPTY, 'psk_id_hash', EMPTY);
  const infoHash = labeledExtract(suite, EMPTY, 'info_hash', info);
  const context = Buffer.concat([Uint8Array.of(MODE_BASE), pskIdHash, infoHash]);
  const prk = labeledExtract(suite, sharedSecret, 'secret', EMPTY);
  const expand = (label: string, length: number): Buffer =>
    labeledExpand({ suite, prk, label, info: context, length });
  return {
    key: expand('key', aead.keyBytes),
    baseNonce: expand('base_nonce', NONCE_BYTES),
    exporterSecret: expand('exp', 32),
  };
}

/** ComputeNonce, RFC 9180 section 5.2: the base nonce with the message's number (below 2^32) in its last bytes. */
export function nonceOf({ baseNonce }: HpkeContext, seq: number): Buffer {
  const nonce = Buffer.from(baseNonce);
  const at = NONCE_BYTES - 4;
  nonce.writeUInt32BE((nonce.readUInt32BE(at) ^ seq) >>> 0, at);
  return nonce;
}

/** One message of a context: `ciphertext ‖ tag`. A nonce MUST NOT be used twice. */
// eslint-disable-next-line max-params -- the algorithm's own inputs, by their names in the RFC
export function aeadSeal(
  aead: HpkeAead,
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
): Buffer {
  const cipher = createCipheriv(aead.cipher, key, nonce);
  cipher.setAAD(aad);
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** @throws whatever node:crypto throws for a wrong tag. */
// eslint-disable-next-line max-params -- as above
export function aeadOpen(
  aead: HpkeAead,
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  ciphertext: Uint8Array,
): Buffer {
  const decipher = createDecipheriv(aead.cipher, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(aad);
  decipher.setAuthTag(ciphertext.subarray(-TAG_BYTES));
  const plaintext = decipher.update(ciphertext.subarray(0, -TAG_BYTES));
  decipher.final();
  return plaintext;
}

function labeledExtract(suite: Uint8Array, salt: Uint8Array, label: string, ikm: Uint8Array): Buffer {
  return hkdfExtract(salt, Buffer.concat([ascii('HPKE-v1'), suite, ascii(label), ikm]));
}

interface LabeledExpand {
  suite: Uint8Array;
  prk: Uint8Array;
  label: string;
  info: Uint8Array;
  length: number;
}

function labeledExpand({ suite, prk, label, info, length }: LabeledExpand): Buffer {
  return hkdfExpand(
    prk,
    Buffer.concat([uint16(length), ascii('HPKE-v1'), suite, ascii(label), info]),
    length,
  );
}

function uint16(n: number): Buffer {
  const bytes = Buffer.allocUnsafe(2);
  bytes.writeUInt16BE(n);
  return bytes;
}

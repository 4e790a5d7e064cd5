import { idBytes, idFromBytes } from '../encoding/ids.js';
import { uint64be } from '../encoding/length-prefix.js';
import { AppError } from '../errors/app-error.js';
import type { Envelope } from './envelope.js';
import { WRAPPED_KEY_BYTES } from './key-wrap.js';

const VERSION = 1;
/** Everything but the ciphertext. */
const OVERHEAD = 1 + 16 + 8 + 32 + 32 + WRAPPED_KEY_BYTES + 12 + 16;

/**
 * `0x01 ‖ ownerKeyId16 ‖ uint64 ownerKeyVersion ‖ salt32 ‖ com32 ‖ wrappedDek92 ‖ iv12 ‖ ciphertext ‖ tag16`: 209 bytes
 * and the plaintext's length.
 */
export function encodeEnvelope(e: Envelope): Buffer {
  const bytes = Buffer.concat([
    Uint8Array.of(VERSION),
    idBytes(e.ownerKeyId),
    uint64be(e.ownerKeyVersion),
    e.salt,
    e.com,
    e.wrappedDek,
    e.iv,
    e.ciphertext,
    e.tag,
  ]);
  if (bytes.byteLength !== OVERHEAD + e.ciphertext.byteLength) {
    throw new AppError('INVALID_ARGUMENT', 'A field of the envelope has a wrong size.');
  }
  return bytes;
}

/** @throws AppError `DECRYPTION_FAILED` for another version, or bytes that can't be an envelope. */
export function decodeEnvelope(bytes: Uint8Array): Envelope {
  if (bytes[0] !== VERSION) throw new AppError('DECRYPTION_FAILED', 'The envelope has an unknown version.');
  if (bytes.byteLength < OVERHEAD) throw new AppError('DECRYPTION_FAILED', 'The envelope is too short.');
  // A copy: the row it came from may be reused.
  const own = Buffer.from(bytes);
  let at = 1;
  const take = (length: number): Buffer => own.subarray(at, (at += length));
  const ownerKeyId = idFromBytes(take(16));
  const version = take(8).readBigUInt64BE();
  if (version > Number.MAX_SAFE_INTEGER)
    throw new AppError('DECRYPTION_FAILED', 'The key version is out of range.');
  return {
    ownerKeyId,
    ownerKeyVersion: Number(version),
    salt: take(32),
    com: take(32),
    wrappedDek: take(WRAPPED_KEY_BYTES),
    iv: take(12),
    ciphertext: take(own.byteLength - OVERHEAD),
    tag: take(16),
  };
}

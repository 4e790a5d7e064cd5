import { randomFillSync } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../errors/app-error.js';
import { lp } from './length-prefix.js';
import { sha256 } from './sha256.js';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const VALUES = new Map([...ALPHABET].map((character, value) => [character, value]));
const PATTERN = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/** Canonical ULID: 26 upper-case Crockford characters, at most 7ZZZZZZZZZZZZZZZZZZZZZZZZZ (128 bits). */
export const ulidSchema = z.string().regex(PATTERN, 'must be a ULID in canonical upper case');

const last = { time: -1, bytes: Buffer.alloc(16) };

/**
 * A new ULID: 48 bits of milliseconds, 80 random bits. Strictly increasing within the process, also within one
 * millisecond and when the clock steps back. Unique, not secret: the next id can be guessed.
 */
export function newId(): string {
  const now = Date.now();
  if (now > last.time) {
    last.time = now;
    last.bytes.writeUIntBE(now, 0, 6);
    randomFillSync(last.bytes, 6, 10);
    // Headroom, so that counting up within a millisecond never runs over.
    last.bytes[6] = (last.bytes[6] ?? 0) & 0x7f;
  } else {
    increment(last.bytes);
  }
  return idFromBytes(last.bytes);
}

function increment(bytes: Buffer): void {
  for (let i = 15; i >= 6; i -= 1) {
    const next = ((bytes[i] ?? 0) + 1) & 0xff;
    bytes[i] = next;
    if (next !== 0) return;
  }
}

/** The 16 bytes of a ULID, big-endian. @throws AppError `INVALID_ARGUMENT` unless it is canonical. */
export function idBytes(id: string): Buffer {
  if (!PATTERN.test(id))
    throw new AppError('INVALID_ARGUMENT', 'The id is not a ULID in canonical upper case.');
  const bytes = Buffer.allocUnsafe(16);
  let bits = 0;
  let carry = 0;
  let at = 0;
  // 26 × 5 = 130 bits: the first character carries only three.
  for (let i = 0; i < 26; i += 1) {
    carry = ((carry << 5) | (VALUES.get(id.charAt(i)) ?? 0)) & 0xfff;
    bits += i === 0 ? 3 : 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[at] = (carry >> bits) & 0xff;
      at += 1;
    }
  }
  return bytes;
}

/** @throws AppError `INVALID_ARGUMENT` unless there are 16 bytes. */
export function idFromBytes(bytes: Uint8Array): string {
  if (bytes.byteLength !== 16) throw new AppError('INVALID_ARGUMENT', 'An id has 16 bytes.');
  let text = '';
  let bits = 2;
  let carry = 0;
  for (const byte of bytes) {
    carry = ((carry << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET.charAt((carry >> bits) & 31);
    }
  }
  return text;
}

/** The same parts always give the same id: the first 128 bits of SHA-256 over LP of the parts, as a ULID. */
export function deterministicId(...parts: (Uint8Array | string)[]): string {
  return idFromBytes(sha256(lp(...parts)).subarray(0, 16));
}

import { AppError } from '../errors/app-error.js';
import { isWellFormed } from './well-formed.js';

/**
 * `LP(x) = uint32be(len) ‖ x` of every part, concatenated: an injective encoding of the list. Text is taken as UTF-8.
 *
 * @throws AppError `INVALID_ARGUMENT` for text with a lone surrogate, whose UTF-8 would equal that of another text.
 */
export function lp(...parts: (Uint8Array | string)[]): Buffer {
  const chunks = parts.map((part) => (typeof part === 'string' ? utf8(part) : part));
  const bytes = Buffer.allocUnsafe(chunks.reduce((total, chunk) => total + 4 + chunk.byteLength, 0));
  let at = 0;
  for (const chunk of chunks) {
    at = bytes.writeUInt32BE(chunk.byteLength, at);
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

/** Unsigned 64-bit big-endian. @throws AppError `INVALID_ARGUMENT` outside 0..2^64−1, or for an unsafe number. */
export function uint64be(n: bigint | number): Buffer {
  const valid = typeof n === 'bigint' ? n >= 0n && n < 1n << 64n : Number.isSafeInteger(n) && n >= 0;
  if (!valid) throw new AppError('INVALID_ARGUMENT', 'The value is not an unsigned 64-bit integer.');
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigUInt64BE(BigInt(n));
  return bytes;
}

/** UTF-8 bytes of well-formed text. @throws AppError `INVALID_ARGUMENT` for a lone surrogate. */
export function utf8(text: string): Buffer {
  if (!isWellFormed(text)) throw new AppError('INVALID_ARGUMENT', 'The text has a lone surrogate.');
  return Buffer.from(text, 'utf8');
}

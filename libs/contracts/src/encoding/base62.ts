import { randomBytes, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { AppError } from '../errors/app-error.js';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** Largest multiple of 62 in a byte: what lies above is thrown away, so every character is equally likely. */
const UNBIASED = 248;
const CHECKSUM_LENGTH = 6;

/** Uniformly random base62 text, log2(62) = 5.954 bits a character. */
export function randomBase62(length: number): string {
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(length - text.length + 8)) {
      if (byte < UNBIASED && text.length < length) text += ALPHABET.charAt(byte % 62);
    }
  }
  return text;
}

/** Big-endian number in fixed-width base62, padded with `0`. @throws AppError `INVALID_ARGUMENT` if it does not fit. */
export function encodeBase62(bytes: Uint8Array, width: number): string {
  let rest = BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`);
  let text = '';
  for (let i = 0; i < width; i += 1) {
    text = ALPHABET.charAt(Number(rest % 62n)) + text;
    rest /= 62n;
  }
  if (rest !== 0n)
    throw new AppError('INVALID_ARGUMENT', `The value does not fit into ${width} base62 characters.`);
  return text;
}

/** CRC-32 (ISO-HDLC, as in zlib) of the text in six base62 characters: catches typing errors, proves nothing. */
export function checksum(text: string): string {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(crc32(text));
  return encodeBase62(bytes, CHECKSUM_LENGTH);
}

/** Whether the last six characters are the checksum of everything before them. */
export function hasChecksum(text: string): boolean {
  const claimed = Buffer.from(text.slice(-CHECKSUM_LENGTH), 'latin1');
  const actual = Buffer.from(checksum(text.slice(0, -CHECKSUM_LENGTH)), 'latin1');
  return claimed.byteLength === actual.byteLength && timingSafeEqual(claimed, actual);
}

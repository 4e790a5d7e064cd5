import { AppError } from '../errors/app-error.js';

/** Unpadded base64url, RFC 4648 section 5. */
export function b64u(bytes: Uint8Array): string {
  return view(bytes).toString('base64url');
}

/**
 * Decodes canonical unpadded base64url only: one text per value, so that a token or digest can't be written in two ways.
 *
 * @throws AppError `INVALID_ARGUMENT` for padding, the `+/` alphabet, white space, or stray bits in the last character.
 */
export function fromB64u(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64url');
  // Node skips what it does not know; only canonical text survives the way back.
  if (bytes.toString('base64url') !== text) {
    throw new AppError('INVALID_ARGUMENT', 'The value is not canonical unpadded base64url.');
  }
  return bytes;
}

/** The same memory as a Buffer. */
export function view(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

import { AppError } from '../errors/app-error.js';

const BLOCK = 256;
const LENGTH = 4;

/** `uint32be(len) ‖ plaintext ‖ zeros` up to a multiple of 256 bytes: the size says little about what is inside. */
export function pad(plaintext: Uint8Array): Buffer {
  const padded = Buffer.alloc(Math.ceil((LENGTH + plaintext.byteLength) / BLOCK) * BLOCK);
  padded.writeUInt32BE(plaintext.byteLength);
  padded.set(plaintext, LENGTH);
  return padded;
}

/** A view of the plaintext. @throws AppError `DECRYPTION_FAILED` for any other than the one padding. */
export function unpad(padded: Buffer): Buffer {
  const length = padded.byteLength < BLOCK ? -1 : padded.readUInt32BE(0);
  const fits = length >= 0 && Math.ceil((LENGTH + length) / BLOCK) * BLOCK === padded.byteLength;
  if (!fits || padded.subarray(LENGTH + length).some((byte) => byte !== 0)) {
    throw new AppError('DECRYPTION_FAILED', 'The padding is wrong.');
  }
  return padded.subarray(LENGTH, LENGTH + length);
}

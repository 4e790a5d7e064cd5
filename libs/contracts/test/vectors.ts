import { readFileSync } from 'node:fs';

/** Frozen test vectors: made once, by an implementation that shares no code with this one. */
export function vectors<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8')) as T;
}

export const hex = (text: string): Buffer => Buffer.from(text, 'hex');

/** Every single-bit change of the bytes, or of every `step`-th bit. */
export function* bitFlips(bytes: Uint8Array, step = 1): Generator<Buffer> {
  for (let bit = 0; bit < bytes.byteLength * 8; bit += step) {
    const copy = Buffer.from(bytes);
    copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    yield copy;
  }
}

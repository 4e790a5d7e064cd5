import { createHash, hash } from 'node:crypto';

/** SHA-256 of the concatenated parts (text as UTF-8): delimit them with `lp` where their borders matter. */
export function sha256(...parts: (Uint8Array | string)[]): Buffer {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return hash('sha256', first, 'buffer');
  const running = createHash('sha256');
  for (const part of parts) running.update(part);
  return running.digest();
}

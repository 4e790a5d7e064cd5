import { createHmac, hkdfSync } from 'node:crypto';

/** HKDF-SHA256, RFC 5869: extract and expand. */
export function hkdf(secret: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, info, length));
}

/** HKDF-Extract, RFC 5869 section 2.2. */
export function hkdfExtract(salt: Uint8Array, secret: Uint8Array): Buffer {
  return createHmac('sha256', salt).update(secret).digest();
}

/** HKDF-Expand, RFC 5869 section 2.3; `length` up to 255 × 32 bytes. */
export function hkdfExpand(prk: Uint8Array, info: Uint8Array, length: number): Buffer {
  const blocks: Buffer[] = [];
  let previous = Buffer.alloc(0);
  for (let counter = 1; blocks.length * 32 < length; counter += 1) {
    previous = createHmac('sha256', prk)
      .update(previous)
      .update(info)
      .update(Uint8Array.of(counter))
      .digest();
    blocks.push(previous);
  }
  return Buffer.concat(blocks).subarray(0, length);
}

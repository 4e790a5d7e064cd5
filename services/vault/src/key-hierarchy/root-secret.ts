/** Fewer bytes can't hold 256 bits. */
const MIN_BYTES = 32;
/** 32 random bytes have some 30 distinct values, 64 random hex digits nearly always all 16. */
const MIN_DISTINCT = 10;
const PLACEHOLDERS = [
  'changeme',
  'change-me',
  'change_me',
  'default',
  'example',
  'password',
  'placeholder',
  'insecure',
];

/**
 * Why these bytes must not become the root of all keys, or null. It can't measure entropy: it catches what is left over
 * from an example or typed by hand (H3, and CVE-2026-53709: a gateway with a default secret).
 */
export function rootSecretFault(bytes: Uint8Array): string | null {
  if (bytes.byteLength < MIN_BYTES) {
    return `must hold at least ${MIN_BYTES} bytes, for example of "openssl rand -base64 48"`;
  }
  if (new Set(bytes).size < MIN_DISTINCT) return 'is not random: it repeats a few characters';
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1').toLowerCase();
  if (PLACEHOLDERS.some((word) => text.includes(word))) return 'is not random: it holds a placeholder';
  return null;
}

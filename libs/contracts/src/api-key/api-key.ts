import { checksum, hasChecksum, randomBase62 } from '../encoding/base62.js';
import { newId } from '../encoding/ids.js';
import { Secret } from '../sensitive/secret.js';

/** 27 characters of 5.954 bits: 160.7 bits. */
const SECRET_LENGTH = 27;
const BODY = 'pcl_([0-7][0-9A-HJKMNP-TV-Z]{25})_([0-9A-Za-z]{27})[0-9A-Za-z]{6}';
const EXACT = new RegExp(`^${BODY}$`);

/** Finds API keys inside text, for redaction and secret scanners (add the flag `g` for all of them). */
export const apiKeyPattern = new RegExp(`(?<![0-9A-Za-z_])${BODY}(?![0-9A-Za-z_])`);

/**
 * A new key: `pcl_<keyId>_<27 base62, 160 bits><crc32, 6 base62>`. `key` is to be shown once; what is stored is an
 * argon2id hash of its text.
 */
export function generateApiKey(): { keyId: string; key: Secret } {
  const keyId = newId();
  return { keyId, key: Secret.of(formatApiKey(keyId, randomBase62(SECRET_LENGTH))) };
}

/** Puts prefix and checksum around an id and a secret of 27 base62 characters. */
export function formatApiKey(keyId: string, secret: string): string {
  const unchecked = `pcl_${keyId}_${secret}`;
  return `${unchecked}${checksum(unchecked)}`;
}

/**
 * Null for anything that can't be a key of ours: shape and checksum are looked at before anything is looked up. Says
 * nothing about whether the key exists.
 */
export function parseApiKey(text: string): { keyId: string; secret: Secret } | null {
  const [, keyId, secret] = EXACT.exec(text) ?? [];
  if (keyId === undefined || secret === undefined || !hasChecksum(text)) return null;
  return { keyId, secret: Secret.of(secret) };
}

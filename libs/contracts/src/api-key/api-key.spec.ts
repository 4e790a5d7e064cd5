import { inspect } from 'node:util';
import { verifies } from '../../../../tools/verifies.js';
import { vectors } from '../../test/vectors.js';
import { ulidSchema } from '../encoding/ids.js';
import { apiKeyPattern, formatApiKey, generateApiKey, parseApiKey } from './api-key.js';

const v = vectors<{ valid: { key: string; keyId: string; secret: string }[]; invalid: string[] }>('api-key');

describe('API keys', () => {
  // Prefix and checksum of G4; hashing, showing once and revoking are control's.
  verifies('G4');

  it('have a recognisable prefix, an id, a secret of at least 160 bits and a checksum', () => {
    const { keyId, key } = generateApiKey();
    const text = key.revealText();
    expect(text).toMatch(/^pcl_[0-9A-HJKMNP-TV-Z]{26}_[0-9A-Za-z]{33}$/);
    expect(ulidSchema.safeParse(keyId).success).toBe(true);
    const parsed = parseApiKey(text);
    expect(parsed?.keyId).toBe(keyId);
    expect(parsed?.secret.revealText()).toBe(text.slice(31, 58));
    expect(27 * Math.log2(62)).toBeGreaterThanOrEqual(160);
  });

  it('are different every time', () => {
    const secrets = Array.from({ length: 1000 }, () => generateApiKey().key.revealText().slice(31));
    expect(new Set(secrets).size).toBe(1000);
  });

  it('are refused after any one character has changed, before anything is looked up', () => {
    const text = generateApiKey().key.revealText();
    for (let i = 0; i < text.length; i += 1) {
      for (const character of 'A0z_') {
        if (text[i] !== character)
          expect(parseApiKey(text.slice(0, i) + character + text.slice(i + 1))).toBeNull();
      }
    }
  });

  it('are refused with two neighbouring characters exchanged', () => {
    const text = formatApiKey('01ARZ3NDEKTSV4RRFFQ69G5FAV', '0123456789ABCDEFGHIJKLMNOPQ');
    for (let i = 31; i < text.length - 7; i += 1) {
      const swapped = text.slice(0, i) + (text[i + 1] ?? '') + (text[i] ?? '') + text.slice(i + 2);
      expect(parseApiKey(swapped)).toBeNull();
    }
  });

  it('are as published', () => {
    for (const { key, keyId, secret } of v.valid) {
      expect(formatApiKey(keyId, secret)).toBe(key);
      expect(parseApiKey(key)).toMatchObject({ keyId });
      expect(parseApiKey(key)?.secret.revealText()).toBe(secret);
    }
    for (const key of v.invalid) expect(parseApiKey(key)).toBeNull();
  });

  it.each(['', 'pcl_', 'Bearer x', `${'a'.repeat(100_000)}`, 'pcl_\u0000', `${v.valid[0]?.key ?? ''}\n`])(
    'refuses %j',
    (text) => {
      expect(parseApiKey(text)).toBeNull();
    },
  );

  it('are found inside text, whole and only whole', () => {
    const text = v.valid[0]?.key ?? '';
    expect(apiKeyPattern.exec(`authorization: Bearer ${text}, next`)?.[0]).toBe(text);
    expect(apiKeyPattern.test(`x${text}`)).toBe(false);
    expect(apiKeyPattern.test(`${text}x`)).toBe(false);
    expect(`a ${text} b ${text}`.replace(new RegExp(apiKeyPattern, 'g'), '[REDACTED]')).toBe(
      'a [REDACTED] b [REDACTED]',
    );
  });

  it('do not print', () => {
    const generated = generateApiKey();
    expect(inspect(generated, { depth: 5, showHidden: true })).not.toContain('pcl_');
    expect(JSON.stringify(generated)).not.toContain('pcl_');
  });
});

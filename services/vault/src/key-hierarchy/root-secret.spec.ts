import { randomBytes } from 'node:crypto';
import { verifies } from '../../../../tools/verifies.js';
import { rootSecretFault } from './root-secret.js';

describe('root secret', () => {
  verifies('H3');

  it.each([
    ['empty', ''],
    ['short', randomBytes(31).toString('latin1')],
    ['one character', 'a'.repeat(64)],
    ['a few characters', 'abcabcabc'.repeat(8)],
    ['zeroes', '\0'.repeat(32)],
    ['placeholder', `changeme-${randomBytes(32).toString('base64')}`],
    ['placeholder in capitals', `${randomBytes(32).toString('base64')}EXAMPLE`],
  ])('refuses what is %s', (_what, text) => {
    expect(rootSecretFault(Buffer.from(text, 'latin1'))).toMatch(/must hold|is not random/);
  });

  it('takes random bytes, raw or as hex or base64', () => {
    for (let i = 0; i < 200; i += 1) {
      const bytes = randomBytes(48);
      expect(rootSecretFault(bytes)).toBeNull();
      expect(rootSecretFault(Buffer.from(bytes.toString('base64')))).toBeNull();
      expect(rootSecretFault(Buffer.from(bytes.toString('hex')))).toBeNull();
    }
  });
});

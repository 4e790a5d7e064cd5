import fc from 'fast-check';
import { verifies } from '../../../../tools/verifies.js';
import { lastFour } from './last-four.js';

describe('preview of a secret', () => {
  verifies('H4');

  it.each([
    ['', null],
    ['short', null],
    ['elevenchars', null],
    ['twelve-chars', 'hars'],
    ['ghp_0123456789abcdefWXYZ', 'WXYZ'],
    ['🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑', null],
    ['🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑', '🔑🔑🔑🔑'],
    ['credential-a🔑b', '-a🔑b'],
  ])('of %j is %j', (text, preview) => expect(lastFour(Buffer.from(text))).toBe(preview));

  it('never shows more than a third of the characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        const preview = lastFour(Buffer.from(text));
        if (preview === null) return expect([...text].length).toBeLessThan(12);
        expect(text.endsWith(preview)).toBe(true);
        expect([...preview].length * 3).toBeLessThanOrEqual([...text].length);
      }),
    );
  });
});

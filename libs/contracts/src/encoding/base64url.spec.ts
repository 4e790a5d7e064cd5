import fc from 'fast-check';
import { errorOf } from '../../test/expect-error.js';
import { b64u, fromB64u } from './base64url.js';

describe('base64url', () => {
  it('comes back equal', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => fromB64u(b64u(bytes)).equals(bytes)));
  });

  it('encodes a view, not the buffer under it', () => {
    expect(b64u(new Uint8Array([1, 2, 3, 4]).subarray(1, 3))).toBe('AgM');
  });

  it.each([
    ['padding', 'AA=='],
    ['the standard alphabet', '+/+/'],
    ['white space', 'AA AA'],
    ['a newline at the end', 'AAAA\n'],
    ['stray bits in the last character', 'AB'],
    ['a single character', 'A'],
    ['another script', 'АААА'],
  ])('refuses %s', (_name, text) => {
    expect(errorOf(() => fromB64u(text))).toBe('INVALID_ARGUMENT');
  });

  it('has one text per value: any text it takes is the text it gives', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'AQgw-_+/=ab1 '), maxLength: 12 }), (text) => {
        if (errorOf(() => fromB64u(text)) === 'nothing') expect(b64u(fromB64u(text))).toBe(text);
      }),
    );
  });
});

import fc from 'fast-check';
import { errorOf } from '../../test/expect-error.js';
import { lp, uint64be } from './length-prefix.js';
import { sha256 } from './sha256.js';

describe('lp', () => {
  it('puts the length, big-endian, before each part', () => {
    expect(lp('a', Uint8Array.of(1, 2), '').toString('hex')).toBe('0000000161' + '000000020102' + '00000000');
    expect(lp().byteLength).toBe(0);
  });

  it('counts bytes of UTF-8, not characters', () => {
    expect(lp('é€😀').readUInt32BE(0)).toBe(2 + 3 + 4);
  });

  it('is injective: different lists never give the same bytes', () => {
    const list = fc.array(fc.uint8Array({ maxLength: 5 }), { maxLength: 4 });
    fc.assert(
      fc.property(list, list, (a, b) => {
        const same =
          a.length === b.length && a.every((part, i) => Buffer.from(part).equals(b[i] as Uint8Array));
        expect(lp(...a).equals(lp(...b))).toBe(same);
      }),
    );
  });

  it('refuses a lone surrogate, whose UTF-8 would be that of another text', () => {
    expect(errorOf(() => lp('\ud800'))).toBe('INVALID_ARGUMENT');
  });
});

describe('uint64be', () => {
  it.each([
    [0, '0000000000000000'],
    [1n, '0000000000000001'],
    [2n ** 64n - 1n, 'ffffffffffffffff'],
    [Number.MAX_SAFE_INTEGER, '001fffffffffffff'],
  ])('%s', (n, hex) => {
    expect(uint64be(n).toString('hex')).toBe(hex);
  });

  it.each([-1, -1n, 2n ** 64n, 1.5, Number.NaN, 2 ** 53])('refuses %s', (n) => {
    expect(errorOf(() => uint64be(n))).toBe('INVALID_ARGUMENT');
  });
});

describe('sha256', () => {
  it('is SHA-256 (FIPS 180-4) of the concatenation, however it is cut', () => {
    const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    expect(sha256('abc').toString('hex')).toBe(abc);
    expect(sha256('a', Buffer.from('b'), 'c').toString('hex')).toBe(abc);
    expect(sha256().toString('hex')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });
});

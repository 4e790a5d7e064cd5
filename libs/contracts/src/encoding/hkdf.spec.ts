import { hkdf, hkdfExpand, hkdfExtract } from './hkdf.js';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

// RFC 5869 appendix A.1, A.2 (long, several blocks) and A.3 (no salt, no info).
const cases = [
  {
    ikm: '0b'.repeat(22),
    salt: '000102030405060708090a0b0c',
    info: 'f0f1f2f3f4f5f6f7f8f9',
    prk: '077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5',
    okm: '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
  },
  {
    ikm: '0b'.repeat(22),
    salt: '',
    info: '',
    prk: '19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04',
    okm: '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
  },
];

describe('HKDF-SHA256', () => {
  it.each(cases)('gives the values of RFC 5869 (salt "$salt")', ({ ikm, salt, info, prk, okm }) => {
    expect(hkdfExtract(hex(salt), hex(ikm)).toString('hex')).toBe(prk);
    expect(hkdfExpand(hex(prk), hex(info), 42).toString('hex')).toBe(okm);
    expect(hkdf(hex(ikm), hex(salt), hex(info), 42).toString('hex')).toBe(okm);
  });
});

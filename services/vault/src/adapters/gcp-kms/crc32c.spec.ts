import { crc32c } from './crc32c.js';

describe('CRC-32C', () => {
  const ascending = Uint8Array.from({ length: 32 }, (_, index) => index);
  it.each([
    ['nothing', Buffer.alloc(0), 0],
    ['the usual check value', Buffer.from('123456789'), 0xe3069283],
    // RFC 3720, appendix B.4, whose bytes are in the order of the wire.
    ['32 bytes of zeroes', Buffer.alloc(32), 0x8a9136aa],
    ['32 bytes of ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
    ['32 bytes ascending', ascending, 0x46dd794e],
    ['32 bytes descending', Uint8Array.from(ascending).reverse(), 0x113fdb5c],
  ])('of %s', (_what, bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected);
  });
});

import fc from 'fast-check';
import { errorOf } from '../../test/expect-error.js';
import { checksum, encodeBase62, hasChecksum, randomBase62 } from './base62.js';

describe('base62', () => {
  it('has a fixed width and keeps the order of the numbers', () => {
    const bytes = fc.uint8Array({ minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        const [x, y] = [encodeBase62(a, 11), encodeBase62(b, 11)];
        expect(x).toMatch(/^[0-9A-Za-z]{11}$/);
        expect(Math.sign(Buffer.compare(a, b))).toBe(x < y ? -1 : x > y ? 1 : 0);
      }),
    );
  });

  it('holds 256 bits in 43 characters, and says when a value does not fit', () => {
    expect(encodeBase62(Buffer.alloc(32, 0xff), 43)).toHaveLength(43);
    expect(errorOf(() => encodeBase62(Buffer.alloc(32, 0xff), 42))).toBe('INVALID_ARGUMENT');
  });

  it('draws every character about equally often', () => {
    const counts = new Map<string, number>();
    for (const character of randomBase62(62_000)) counts.set(character, (counts.get(character) ?? 0) + 1);
    expect(counts.size).toBe(62);
    // 1000 expected, standard deviation 31: seven of them is never reached by chance. Without rejection the first
    // eight characters would come 1211 times.
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(210);
    const first = [...'01234567'].reduce((sum, character) => sum + (counts.get(character) ?? 0), 0);
    expect(first).toBeLessThan(8600);
  });
});

describe('checksum', () => {
  it('is the CRC-32 of zlib: its check value is CBF43926', () => {
    expect(checksum('123456789')).toBe(encodeBase62(Buffer.from('cbf43926', 'hex'), 6));
  });

  it('fails for any one changed character', () => {
    const text = 'pcl_test_';
    const whole = `${text}${checksum(text)}`;
    expect(hasChecksum(whole)).toBe(true);
    for (let i = 0; i < whole.length; i += 1) {
      const other = whole[i] === 'x' ? 'y' : 'x';
      expect(hasChecksum(whole.slice(0, i) + other + whole.slice(i + 1))).toBe(false);
    }
    expect(hasChecksum('')).toBe(false);
  });
});

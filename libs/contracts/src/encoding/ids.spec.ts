import { decodeTime, isValid, ulid } from 'ulid';
import fc from 'fast-check';
import { errorOf } from '../../test/expect-error.js';
import { deterministicId, idBytes, idFromBytes, newId, ulidSchema } from './ids.js';

describe('newId', () => {
  it('is a ULID of now, by the public library', () => {
    const before = Date.now();
    const id = newId();
    expect(isValid(id)).toBe(true);
    expect(ulidSchema.safeParse(id).success).toBe(true);
    expect(decodeTime(id)).toBeGreaterThanOrEqual(before);
    expect(decodeTime(id)).toBeLessThanOrEqual(Date.now());
  });

  it('strictly increases, also within one millisecond', () => {
    const ids = Array.from({ length: 20_000 }, newId);
    expect(ids.every((id, i) => i === 0 || id > (ids[i - 1] as string))).toBe(true);
  });

  it('strictly increases when the clock steps back', () => {
    const now = Date.now;
    try {
      const first = newId();
      Date.now = () => now() - 3_600_000;
      expect(newId() > first).toBe(true);
    } finally {
      Date.now = now;
    }
  });
});

describe('binary form', () => {
  it('is 16 bytes and comes back equal, in both directions', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        const id = idFromBytes(bytes);
        expect(ulidSchema.safeParse(id).success).toBe(true);
        expect(idBytes(id).equals(bytes)).toBe(true);
      }),
    );
  });

  it('reads what the public library writes: the first 48 bits are its time', () => {
    const id = ulid(1_700_000_000_123);
    expect(idBytes(id).readUIntBE(0, 6)).toBe(1_700_000_000_123);
  });

  it('keeps the order of the text', () => {
    const id = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => idFromBytes(bytes));
    fc.assert(
      fc.property(
        id,
        id,
        (a, b) => Math.sign(Buffer.compare(idBytes(a), idBytes(b))) === (a < b ? -1 : a > b ? 1 : 0),
      ),
    );
  });

  it.each([
    ['00000000000000000000000000', '00'.repeat(16)],
    ['7ZZZZZZZZZZZZZZZZZZZZZZZZZ', 'ff'.repeat(16)],
    ['00000000000000000000000001', '00'.repeat(15) + '01'],
    ['40000000000000000000000000', '80' + '00'.repeat(15)],
  ])('%s', (id, hex) => {
    expect(idBytes(id).toString('hex')).toBe(hex);
    expect(idFromBytes(Buffer.from(hex, 'hex'))).toBe(id);
  });

  it.each([
    ['lower case', '01arz3ndektsv4rrffq69g5fav'],
    ['more than 128 bits', '8ZZZZZZZZZZZZZZZZZZZZZZZZZ'],
    ['an ambiguous letter', '01ARZ3NDEKTSV4RRFFQ69G5FAI'],
    ['too short', '01ARZ3NDEKTSV4RRFFQ69G5FA'],
    ['a newline at the end', '01ARZ3NDEKTSV4RRFFQ69G5FAV\n'],
    ['nothing', ''],
  ])('refuses %s', (_name, id) => {
    expect(errorOf(() => idBytes(id))).toBe('INVALID_ARGUMENT');
    expect(ulidSchema.safeParse(id).success).toBe(false);
  });

  it('refuses another number of bytes', () => {
    expect(errorOf(() => idFromBytes(new Uint8Array(15)))).toBe('INVALID_ARGUMENT');
  });
});

describe('deterministicId', () => {
  it('depends on the parts and on where they end', () => {
    expect(deterministicId('a', 'b')).toBe(deterministicId(Buffer.from('a'), 'b'));
    expect(deterministicId('a', 'b')).not.toBe(deterministicId('ab'));
    expect(deterministicId('a', 'b')).not.toBe(deterministicId('', 'ab'));
  });
});

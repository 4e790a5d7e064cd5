import fc from 'fast-check';
import { errorOf } from '../../test/expect-error.js';
import { canonicalBytes, canonicalJson } from './canonical-json.js';
import { parseIJson } from './i-json.js';

describe('canonicalJson', () => {
  it.each([
    // RFC 8785 section 3.2.2 and 3.2.3 (without its numbers that are no I-JSON).
    [
      { literals: [null, true, false], string: '€$\u000f\nA\'B"\\\\"/' },
      '{"literals":[null,true,false],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    ],
    [
      { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 },
      '{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\ud83d\ude00":5,"\ufb33":3}',
    ],
    [[4.5, 0.002, 1e-27, -0, 100], '[4.5,0.002,1e-27,0,100]'],
    ['text', '"text"'],
    [null, 'null'],
    [Object.assign(Object.create(null) as object, { b: 1, a: 2 }), '{"a":2,"b":1}'],
  ])('%j', (value, text) => {
    expect(canonicalJson(value)).toBe(text);
    expect(canonicalBytes(value).toString('utf8')).toBe(text);
  });

  it('gives one text whatever the order of the keys, and comes back equal', () => {
    const json = fc
      .jsonValue({ noUnicodeString: false })
      .filter((value) => errorOf(() => canonicalJson(value)) === 'nothing');
    fc.assert(
      fc.property(json, (value) => {
        const text = canonicalJson(value);
        expect(canonicalJson(reversed(value))).toBe(text);
        expect(canonicalJson(parseIJson(text))).toBe(text);
      }),
    );
  });

  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;
  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['undefined in an object', { a: undefined }],
    ['a hole in an array', Object.assign([1], { 2: 3 })],
    ['a function', { a: () => 1 }],
    ['a symbol', Symbol('x')],
    ['a symbol as key', { [Symbol('x')]: 1 }],
    ['__proto__ as key, which no reader of ours takes back', JSON.parse('{"a":{"__proto__":1}}')],
    ['a bigint', 1n],
    ['NaN', [Number.NaN]],
    ['infinity', Number.NEGATIVE_INFINITY],
    ['an integer beyond 2^53 - 1', 2 ** 53],
    ['a huge number', 1e300],
    ['a lone surrogate', 'a\ud800'],
    ['a lone surrogate as key', { '\udc00': 1 }],
    ['a date', new Date()],
    ['a map', new Map([['a', 1]])],
    ['bytes', Buffer.from('a')],
    ['an object with its own toJSON', { toJSON: () => 1 }],
    ['a cycle', cycle],
  ])('refuses %s', (_name, value) => {
    expect(errorOf(() => canonicalJson(value))).toBe('INVALID_ARGUMENT');
  });
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, child]) => [key, reversed(child)]),
  );
}

import fc from 'fast-check';
import { AppError } from '../errors/app-error.js';
import { errorOf } from '../../test/expect-error.js';
import { parseIJson, type IJsonLimits } from './i-json.js';
import { IJsonScanner } from './i-json-scanner.js';

function faultOf(input: string | Uint8Array, limits?: IJsonLimits): Record<string, unknown> | undefined {
  try {
    parseIJson(input, limits);
  } catch (thrown) {
    return (thrown as AppError).details;
  }
  throw new Error('nothing was thrown');
}

describe('parseIJson takes', () => {
  it.each([
    '{}',
    ' [ ] ',
    '"\\u00e9\\uD83D\\uDE00\\"\\\\\\/"',
    '{"a":{"b":1},"c":{"b":2}}',
    '{"a:b":"c:d","{":"}"}',
    '{"constructor":1,"toString":{"hasOwnProperty":2}}',
    '{"":1,"\\u0000":2}',
    '[9007199254740991,-9007199254740991,0,-0,0.1,1.0,1e2,1E-5,0e-400,0.000]',
    '{"1":1,"01":2,"-1":3}',
    'null',
  ])('%s', (text) => {
    expect(parseIJson(text)).toEqual(JSON.parse(text));
    expect(parseIJson(Buffer.from(text, 'utf8'))).toEqual(JSON.parse(text));
  });

  it('bytes that are a view into a larger buffer', () => {
    expect(parseIJson(new Uint8Array(Buffer.from('xx{"a":1}yy')).subarray(2, 9))).toEqual({ a: 1 });
  });

  it('every JSON that the engine writes', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const fault = errorOf(() => parseIJson(text));
        if (fault === 'nothing') expect(parseIJson(text)).toEqual(JSON.parse(text));
        else expect(fault).toMatch(/number_range|prototype_key|lone_surrogate/);
      }),
    );
  });
});

describe('parseIJson refuses', () => {
  it.each<[string, string, string, number, string]>([
    ['a duplicate key', '{"a":1,"b":2,"a":3}', 'duplicate_key', 13, '/a'],
    ['a duplicate written by an escape', '{"a":1,"\\u0061":2}', 'duplicate_key', 7, '/a'],
    ['a duplicate deep inside', '[0,{"x":{"k":[],"k":[]}}]', 'duplicate_key', 16, '/1/x/k'],
    ['a duplicate after a string with colons', '{"a":"::","a":1}', 'duplicate_key', 10, '/a'],
    ['a duplicate of a key like an index', '{"1":1,"1":1}', 'duplicate_key', 7, '/1'],
    ['__proto__', '{"__proto__":{"admin":true}}', 'prototype_key', 1, '/__proto__'],
    ['__proto__ by an escape', '{"a":{"__pro\\u0074o__":1}}', 'prototype_key', 6, '/a/__proto__'],
    ['a lone high surrogate', '["\\ud800"]', 'lone_surrogate', 1, '/0'],
    ['a lone low surrogate as key', '{"\\udc00x":1}', 'lone_surrogate', 1, ''],
    ['surrogates in the wrong order', '"\\ude00\\ud83d"', 'lone_surrogate', 0, ''],
    ['2^53', '{"n":9007199254740992}', 'number_range', 5, '/n'],
    ['-2^53', '[-9007199254740992]', 'number_range', 1, '/0'],
    ['an integer that would be rounded', '9007199254740993', 'number_range', 0, ''],
    ['an integer with a fraction of zero', '90071992547409930.0', 'number_range', 0, ''],
    ['1e400', '[1e400]', 'number_range', 1, '/0'],
    ['a number that becomes zero', '{"a":[0,1e-400]}', 'number_range', 8, '/a/1'],
    ['a long fraction that becomes zero', `0.${'0'.repeat(400)}1`, 'number_range', 0, ''],
    ['text after the value', '{} x', 'trailing_text', 3, ''],
    ['two values', '1 2', 'trailing_text', 2, ''],
    ['a comma at the end', '[1,]', 'syntax', 3, '/1'],
    ['a comma at the end of an object', '{"a":1,}', 'syntax', 7, ''],
    ['no value', '', 'syntax', 0, ''],
    ['NaN', '[NaN]', 'syntax', 1, '/0'],
    ['a leading zero', '[01]', 'syntax', 2, ''],
    ['a plus sign', '+1', 'syntax', 0, ''],
    ['a raw control character', '"a\tb"', 'syntax', 0, ''],
    ['a bad escape', '"\\x41"', 'syntax', 0, ''],
    ['a comment', '{/**/}', 'syntax', 1, ''],
    ['single quotes', "{'a':1}", 'syntax', 1, ''],
    ['an unfinished string', '["abc', 'syntax', 1, '/0'],
    ['an unfinished object', '{"a":1', 'syntax', 6, ''],
    ['a missing colon', '{"a" 1}', 'syntax', 5, '/a'],
    ['a byte-order mark', '\ufeff{}', 'syntax', 0, ''],
    ['white space that JSON does not know', '\u00a0{}', 'syntax', 0, ''],
  ])('%s', (_name, text, ...fault) => {
    const [reason, offset, pointer] = fault;
    expect(faultOf(text)).toEqual({ reason, offset, pointer });
    expect(faultOf(Buffer.from(text, 'utf8'))).toEqual({ reason, offset, pointer });
  });

  it('counts the offset in bytes of UTF-8 and escapes the pointer', () => {
    expect(faultOf('{"é/~":{"a":1,"a":2}}')).toEqual({
      reason: 'duplicate_key',
      offset: 15,
      pointer: '/é~1~0/a',
    });
  });

  it.each([
    ['an overlong encoding', [0x22, 0xc0, 0xaf, 0x22]],
    ['an encoded surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['a cut sequence', [0x22, 0xe2, 0x82, 0x22]],
    ['a stray byte', [0x22, 0xff, 0x22]],
  ])('invalid UTF-8: %s', (_name, bytes) => {
    expect(errorOf(() => parseIJson(Uint8Array.from(bytes)))).toBe('INVALID_ARGUMENT/invalid_utf8');
  });

  it('a lone surrogate in the text itself', () => {
    expect(errorOf(() => parseIJson('"\ud83d\\ude00"'))).toBe('INVALID_ARGUMENT/invalid_utf8');
  });

  it('too much: bytes, depth, values', () => {
    expect(errorOf(() => parseIJson('"é"', { maxBytes: 3 }))).toBe('PAYLOAD_TOO_LARGE');
    expect(parseIJson('"é"', { maxBytes: 4 })).toBe('é');
    expect(faultOf('[[[]]]', { maxDepth: 2 })).toEqual({ reason: 'too_deep', offset: 2, pointer: '/0/0' });
    expect(parseIJson('[[[]]]', { maxDepth: 3 })).toEqual([[[]]]);
    expect(faultOf('[1,{"a":2}]', { maxNodes: 3 })).toEqual({
      reason: 'too_many_values',
      offset: 8,
      pointer: '/1/a',
    });
    expect(parseIJson('[1,{"a":2}]', { maxNodes: 4 })).toEqual([1, { a: 2 }]);
  });

  it('nesting by the thousand without running out of stack', () => {
    const deep = '['.repeat(500_000) + ']'.repeat(500_000);
    expect(errorOf(() => parseIJson(deep))).toBe('INVALID_ARGUMENT/too_deep');
    expect(errorOf(() => parseIJson('['.repeat(500_000)))).toBe('INVALID_ARGUMENT/too_deep');
    expect(errorOf(() => parseIJson(deep, { maxDepth: 1e9, maxBytes: 2e6 }))).toBe(
      'INVALID_ARGUMENT/too_deep',
    );
  });
});

/** JSON as others may write it: keys that repeat, escapes, numbers at the edge, and now and then a broken piece. */
const looseJson = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(
      '1',
      '0',
      '-0',
      '1e-400',
      '9007199254740992',
      'true',
      'null',
      '"\\ud800"',
      '"a\\\\"',
      '":"',
      'x',
      '',
    ),
    fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(',')}]`),
    fc
      .array(fc.tuple(fc.constantFrom('"a"', '"\\u0061"', '"b:"', '"__proto__"', '"\\""'), tie('value')), {
        maxLength: 3,
      })
      .map((members) => `{${members.map(([key, value]) => `${key}: ${value}`).join(' ,')}}`),
  ),
})).value;

describe('the fast and the thorough reader', () => {
  it('agree on every text', () => {
    fc.assert(
      fc.property(looseJson, (text) => {
        const fast = errorOf(() => parseIJson(text));
        const thorough = errorOf(() => new IJsonScanner(text, 64, 100_000).scan());
        expect(fast).toBe(thorough);
      }),
      { numRuns: 2000 },
    );
  });
});

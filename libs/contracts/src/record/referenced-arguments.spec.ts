import { describe, expect, it } from '@jest/globals';
import { verifies } from '../../../../tools/verifies.js';
import { referencedArguments } from './referenced-arguments.js';

describe('arguments that rules look at', () => {
  verifies('B6');

  it.each<[string[], unknown, unknown]>([
    [['to'], { to: 'a@corp.example', body: 'not kept' }, [[['to'], 'a@corp.example']]],
    [
      ['a', 'b'],
      { a: { b: [1, 2] }, b: 3 },
      [
        [
          ['a', 'b'],
          [1, 2],
        ],
      ],
    ],
    [['a', 'b'], { a: { c: 1 } }, [[['a', 'b']]]],
    [['a', 'b', 'c'], { a: {} }, [[['a', 'b']]]],
    [['a', 'b', 'c'], {}, [[['a']]]],
    [['a', 'b'], { a: [1] }, [[['a'], [1]]]],
    [['a', 'b', 'c'], { a: null }, [[['a'], null]]],
    [['a'], { a: null }, [[['a'], null]]],
    [['length'], 'text', [[[], 'text']]],
    [['constructor'], {}, [[['constructor']]]],
    [[], { a: 1 }, [[[], { a: 1 }]]],
  ])('at %j of %j', (path, args, wanted) => {
    expect(referencedArguments([path], args)).toEqual(wanted);
  });

  it('are said once, however many paths end there', () => {
    const paths = [['a', 'b'], ['a', 'c'], ['a'], ['d', 'e'], ['d', 'f']];
    expect(referencedArguments(paths, { a: 'text' })).toEqual([[['a'], 'text'], [['d']]]);
  });

  it('are kept within bounds: what is too large is left out, not cut', () => {
    const args = {
      small: 1,
      long: 'x'.repeat(2100),
      half: 'y'.repeat(2000),
      other: 'z'.repeat(1900),
      last: 'w'.repeat(500),
    };
    const paths = ['small', 'long', 'half', 'other', 'last'].map((name) => [name]);
    expect(referencedArguments(paths, args).map(([[name]]) => name)).toEqual(['small', 'half', 'other']);
    expect(
      referencedArguments(
        Array.from({ length: 64 }, (_, n) => ['p'.repeat(900) + n]),
        {},
      ).length,
    ).toBeLessThan(5);
  });
});

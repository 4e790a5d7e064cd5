import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { verifies } from '../../../../tools/verifies.js';
import { compileCondition } from './compile.js';
import { evaluate } from './evaluate.js';
import { matchesGlob } from './glob.js';
import { UNKNOWN } from './path.js';
import type { Truth } from './truth.js';

const truth = (condition: unknown, args: unknown): Truth =>
  evaluate(compileCondition(condition), {
    arguments: args,
    principal: { user: 'u', scopes: ['mcp'] },
    context: {},
  });

const amount = (predicate: unknown, value: unknown): Truth =>
  truth({ 'arguments.amount': predicate }, value === undefined ? {} : { amount: value });

describe('operators are exact about types', () => {
  verifies('B8');
  const table: [unknown, unknown, Truth][] = [
    [{ $eq: 5 }, 5, 'yes'],
    [{ $eq: 5 }, 6, 'no'],
    [{ $eq: 5 }, '5', 'indeterminate'],
    [{ $eq: 'a' }, ['a'], 'indeterminate'],
    [{ $eq: null }, null, 'yes'],
    [{ $eq: null }, 'x', 'no'],
    [{ $ne: 'admin' }, 'guest', 'yes'],
    [{ $ne: 'admin' }, ['admin'], 'indeterminate'],
    [{ $ne: 'admin' }, null, 'indeterminate'],
    [{ $ne: 'admin' }, undefined, 'indeterminate'],
    [{ $lte: 100 }, 100, 'yes'],
    [{ $lte: 100 }, 101, 'no'],
    [{ $lt: 100 }, 100, 'no'],
    [{ $gt: 0 }, 0, 'no'],
    [{ $gte: 0 }, 0, 'yes'],
    [{ $in: ['eu', 'us'] }, 'eu', 'yes'],
    [{ $in: ['eu', 'us'] }, 'cn', 'no'],
    [{ $in: ['eu', 'us'] }, 1, 'indeterminate'],
    [{ $in: ['eu', 'us'] }, ['eu'], 'indeterminate'],
    [{ $nin: ['eu'] }, 'cn', 'yes'],
    [{ $nin: ['eu'] }, ['eu'], 'indeterminate'],
    [{ $exists: true }, 1, 'yes'],
    [{ $exists: true }, null, 'yes'],
    [{ $exists: true }, undefined, 'no'],
    [{ $exists: false }, undefined, 'yes'],
    [{ $exists: false }, null, 'no'],
    [{ $glob: 'prod-*' }, 'prod-1', 'yes'],
    [{ $glob: 'prod-*' }, 'xprod-1', 'no'],
    [{ $glob: 'a?c' }, 'abc', 'yes'],
    [{ $glob: '*' }, 7, 'indeterminate'],
    [{ $matches: '[a-z]+' }, 'abc', 'yes'],
    [{ $matches: '[a-z]+' }, 'abc1', 'no'],
    [{ $matches: '[a-z]+' }, 'x\nabc', 'no'],
    [{ $type: 'array' }, [], 'yes'],
    [{ $type: 'object' }, [], 'no'],
    [{ $type: 'string' }, undefined, 'indeterminate'],
    [{ $size: { $lte: 2 } }, [1, 2], 'yes'],
    [{ $size: { $lte: 2 } }, 'ab', 'indeterminate'],
    [{ $length: { $lte: 2 } }, 'abc', 'no'],
    [{ $only: ['x'] }, { x: 1 }, 'yes'],
    [{ $only: ['x'] }, { x: 1, y: 2 }, 'no'],
    [{ $only: ['x'] }, null, 'indeterminate'],
    [{ $all: { $lte: 3 } }, [1, 2, 3], 'yes'],
    [{ $all: { $lte: 3 } }, [1, 4], 'no'],
    [{ $all: { $lte: 3 } }, [1, '2'], 'indeterminate'],
    [{ $all: { $lte: 3 } }, [], 'indeterminate'],
    [{ $all: { $lte: 3 } }, 2, 'indeterminate'],
    [{ $any: { $eq: 'x' } }, ['y', 'x'], 'yes'],
    [{ $any: { $eq: 'x' } }, ['y', 3], 'indeterminate'],
    [{ $any: { $eq: 'x' } }, [], 'no'],
    [{ $all: { price: { $lte: 3 } } }, [{ price: 1 }, { price: 2 }], 'yes'],
    [{ $all: { price: { $lte: 3 } } }, [{ price: 1 }, {}], 'indeterminate'],
    [5, 5, 'yes'],
  ];
  it.each(table)('%j on %j is %s', (predicate, value, expected) => {
    expect(amount(predicate, value)).toBe(expected);
  });

  it.each([
    undefined,
    null,
    {},
    'abc',
    '50',
    [1, 1_000_000],
    [50],
    true,
    NaN,
    Infinity,
    2 ** 53,
    { amount: 1 },
  ])('takes %p for no amount at all, neither small nor large', (value) => {
    for (const predicate of [{ $lte: 100 }, { $gt: 100 }, { $gte: 0 }, { $lt: 0 }]) {
      expect(amount(predicate, value)).toBe('indeterminate');
    }
  });
});

describe('paths', () => {
  verifies('B8');
  it.each([
    [{ 'arguments.a.b': { $eq: 1 } }, { a: { b: 1 } }, 'yes'],
    [{ arguments: { a: { b: 1 } } }, { a: { b: 1 } }, 'yes'],
    [{ 'arguments.a.b': { $eq: 1 } }, { a: [{ b: 1 }] }, 'indeterminate'],
    [{ 'arguments.a.length': { $eq: 1 } }, { a: 'x' }, 'indeterminate'],
    [{ 'arguments.a.0': { $eq: 1 } }, { a: [1] }, 'indeterminate'],
    [{ 'arguments.a.b': { $exists: false } }, { a: 'x' }, 'indeterminate'],
    [{ 'arguments.a.b': { $exists: false } }, { a: null }, 'indeterminate'],
    [{ 'arguments.a.b': { $exists: false } }, {}, 'yes'],
    [{ '/arguments/a.b/c~1d': { $eq: 1 } }, { 'a.b': { 'c/d': 1 } }, 'yes'],
    [{ 'principal.user': { $eq: 'u' } }, {}, 'yes'],
    [{ 'principal.scopes': { $any: { $eq: 'mcp' } } }, {}, 'yes'],
  ] as [unknown, unknown, Truth][])('%j on %j is %s', (condition, args, expected) => {
    expect(truth(condition, args)).toBe(expected);
  });

  it.each([
    'constructor',
    'toString',
    '__proto__',
    'hasOwnProperty',
    'constructor.name',
    '__proto__.constructor',
  ])('never reaches %s of a prototype', (path) => {
    expect(truth({ [`arguments.${path}`]: { $exists: true } }, {})).toBe('no');
    expect(truth({ [`arguments.${path}`]: { $type: 'string' } }, {})).toBe('indeterminate');
  });

  it('finds a prototype key that is really sent', () => {
    expect(
      truth({ 'arguments.__proto__.admin': { $eq: true } }, JSON.parse('{"__proto__":{"admin":true}}')),
    ).toBe('yes');
  });
});

describe('logic has three values', () => {
  verifies('B8');
  const leaf = { yes: { 'arguments.a': 1 }, no: { 'arguments.a': 2 }, indeterminate: { 'arguments.b': 1 } };
  const values = ['yes', 'no', 'indeterminate'] as const;
  const rank = { no: 0, indeterminate: 1, yes: 2 };
  const cases = values.flatMap((a) => values.map((b) => [a, b] as const));
  it.each(cases)('%s with %s', (a, b) => {
    const low = rank[a] < rank[b] ? a : b;
    const high = rank[a] > rank[b] ? a : b;
    expect(truth({ $and: [leaf[a], leaf[b]] }, { a: 1 })).toBe(low);
    expect(truth({ $or: [leaf[a], leaf[b]] }, { a: 1 })).toBe(high);
  });

  it('leaves the indeterminate indeterminate under $not', () => {
    expect(truth({ $not: leaf.indeterminate }, { a: 1 })).toBe('indeterminate');
    expect(truth({ $not: leaf.yes }, { a: 1 })).toBe('no');
  });

  it('knows nothing about unknown arguments, not even that something is missing', () => {
    expect(truth({ 'arguments.a': { $exists: false } }, UNKNOWN)).toBe('indeterminate');
    expect(truth({ $or: [{ 'arguments.a': 1 }, { 'principal.user': 'nobody' }] }, UNKNOWN)).toBe(
      'indeterminate',
    );
    expect(truth({ $and: [{ 'arguments.a': 1 }, { 'principal.user': 'nobody' }] }, UNKNOWN)).toBe('no');
  });
});

describe('what can not be meant is refused at load', () => {
  verifies('B8');
  const deep = (levels: number): unknown =>
    levels === 0 ? { 'arguments.a': 1 } : { $not: deep(levels - 1) };
  it.each([
    {},
    [],
    null,
    'x',
    { amount: { $lte: 1 } },
    { $eq: 1 },
    { 'arguments.a': {} },
    { 'arguments.a': { $regex: 'x' } },
    { 'arguments.a': { $where: '1' } },
    { 'arguments.a': { constructor: 1, $foo: 1 } },
    { 'arguments.a': { $elemMatch: { $eq: 1 } } },
    { 'arguments.a': { $lte: '100' } },
    { 'arguments.a': { $lte: null } },
    { 'arguments.a': { $lte: 2 ** 53 } },
    { 'arguments.a': { $in: [] } },
    { 'arguments.a': { $in: 'x' } },
    { 'arguments.a': { $in: [{}] } },
    { 'arguments.a': { $eq: {} } },
    { 'arguments.a': { $eq: [1] } },
    { 'arguments.a': [1] },
    { 'arguments.a': { $exists: 1 } },
    { 'arguments.a': { $matches: '(' } },
    { 'arguments.a': { $matches: '(a)\\1' } },
    { 'arguments.a': { $matches: '(?=a)' } },
    { 'arguments.a': { $matches: '((a{0,100}){0,100}){0,100}' } },
    { 'arguments.a': { $matches: 'a'.repeat(257) } },
    { 'arguments.a': { $glob: 5 } },
    { 'arguments..a': { $eq: 1 } },
    { '/arguments/~2': { $eq: 1 } },
    { $and: [] },
    { $or: {} },
    { $not: [] },
    { $and: [{}] },
    deep(40),
    { $and: Array.from({ length: 300 }, () => ({ 'arguments.a': 1 })) },
  ])('case %#', (condition) => {
    expect(() => compileCondition(condition)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });

  it('says where', () => {
    const condition = { $and: [{ 'arguments.a': 1 }, { 'arguments.b': { $foo: 1 } }] };
    expect(() => compileCondition(condition)).toThrow(
      'Condition at "/$and/1/arguments.b/$foo": unknown operator "$foo"',
    );
  });
});

describe('patterns take linear time', () => {
  verifies('B8');
  /** Characters that are looked at while `act` runs: what a pattern costs, on however busy a machine. */
  const reads = (act: () => void): number => {
    const { charCodeAt, codePointAt } = String.prototype;
    let count = 0;
    String.prototype.charCodeAt = function (this: string, at: number) {
      count += 1;
      return charCodeAt.call(this, at);
    };
    String.prototype.codePointAt = function (this: string, at: number) {
      count += 1;
      return codePointAt.call(this, at);
    };
    try {
      act();
    } finally {
      Object.assign(String.prototype, { charCodeAt, codePointAt });
    }
    return count;
  };

  it.each([
    ['^(a+)+$', (n: number) => `${'a'.repeat(n)}!`],
    ['(a|a)*b', (n: number) => 'a'.repeat(n)],
    ['(.*)*x', (n: number) => 'a'.repeat(n)],
    ['(a?)*(a?)*a{40}b', (n: number) => 'a'.repeat(n)],
    ['.*a.{12}c', (n: number) => 'ab'.repeat(n / 2)],
  ])('$matches %s', (pattern, text) => {
    const cost = (length: number) =>
      reads(() => expect(amount({ $matches: pattern }, text(length))).toBe('no'));
    const [short, long] = [cost(1_000), cost(16_000)];
    expect(short).toBeGreaterThanOrEqual(1_000);
    // Sixteen times the text; a quadratic engine would look at 256 times as much, a backtracking one would never end.
    expect(long / short).toBeLessThan(20);
  });

  it('$glob: at most pattern × text comparisons', () => {
    const counted = (text: string, count: () => void): string =>
      new Proxy([...text], {
        get: (letters, key) => {
          if (key !== 'length') count();
          return Reflect.get(letters, key) as unknown;
        },
      }) as unknown as string;
    const letters = (from: string, maxLength: number) =>
      fc.array(fc.constantFrom(...from), { maxLength }).map((it) => it.join(''));
    fc.assert(
      fc.property(letters('aab*?', 30), letters('aaab', 200), (pattern, text) => {
        let looks = 0;
        matchesGlob(
          pattern,
          counted(text, () => (looks += 1)),
        );
        expect(looks).toBeLessThanOrEqual((pattern.length + 1) * (text.length + 1));
      }),
    );
  });

  it('does not look at longer text at all', () => {
    expect(amount({ $matches: 'a*' }, 'a'.repeat(20_000))).toBe('indeterminate');
    expect(amount({ $glob: '*' }, 'a'.repeat(20_000))).toBe('indeterminate');
  });
});

describe('globs', () => {
  it('mean the same as the regular expression they stand for', () => {
    verifies('B8');
    const piece = fc.constantFrom('a', 'b', '*', '?', '.', '-');
    fc.assert(
      fc.property(
        fc.array(piece, { minLength: 1, maxLength: 8 }),
        fc.array(fc.constantFrom('a', 'b', '.', '-'), { maxLength: 10 }),
        (p, t) => {
          const source = p.map((c) => (c === '*' ? '.*' : c === '?' ? '.' : c === '.' ? '\\.' : c)).join('');
          const expected = new RegExp(`^${source}$`).test(t.join('')) ? 'yes' : 'no';
          expect(amount({ $glob: p.join('') }, t.join(''))).toBe(expected);
        },
      ),
    );
  });
});

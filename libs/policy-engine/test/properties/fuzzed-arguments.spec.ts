import { describe, expect, it } from '@jest/globals';
import { canonicalJson, parseIJson, type Rule } from '@portcullis/contracts';
import fc from 'fast-check';
import { verifies } from '../../../../tools/verifies.js';
import { OPERATORS } from '../../src/conditions/operators.js';
import { decideQuestion } from '../../src/decisions/decide-question.js';
import { someone } from '../../src/decisions/question.js';
import type { Snapshot } from '../../src/decisions/snapshot.js';
import { MEMBER, TIME, withRules } from '../../src/testing/organisation-fixture.js';

const rule = (id: string, effect: Rule['effect'], when?: Record<string, unknown>): Rule => ({
  id,
  effect,
  subjects: { everyone: true },
  servers: ['*'],
  tools: ['*'],
  ...(when === undefined ? {} : { when: when as Rule['when'] }),
});
const decide = (snapshot: Snapshot, args: unknown): string =>
  decideQuestion(snapshot, {
    asker: someone(MEMBER),
    operation: 'tool.call',
    server: { slug: 'notes' },
    tool: 'create_note',
    arguments: args,
    context: {},
    time: TIME,
  }).decision;

type Kind = 'string' | 'number' | 'boolean' | 'null' | 'array' | 'object' | 'none';

/** Each operator, a value that satisfies it, and the one kind of value that it says anything about. */
const ROWS: [operator: string, operand: unknown, good: unknown, kind: Kind][] = [
  ['$eq', 5, 5, 'number'],
  ['$eq', 'a', 'a', 'string'],
  ['$eq', true, true, 'boolean'],
  ['$ne', 5, 6, 'number'],
  ['$ne', 'a', 'b', 'string'],
  ['$lt', 5, 4, 'number'],
  ['$lte', 5, 5, 'number'],
  ['$gt', 5, 6, 'number'],
  ['$gte', 5, 5, 'number'],
  ['$in', ['a', 'b'], 'a', 'string'],
  ['$nin', ['a', 'b'], 'c', 'string'],
  ['$glob', '*', 'a', 'string'],
  ['$matches', '(?s).*', 'a', 'string'],
  ['$before', '2030-01-01T00:00:00Z', TIME, 'string'],
  ['$after', '2020-01-01T00:00:00Z', TIME, 'string'],
  ['$during', { from: '00:00', to: '00:00' }, TIME, 'string'],
  ['$cidr', ['0.0.0.0/0', '::/0'], '10.0.0.1', 'string'],
  ['$only', ['a'], { a: 1 }, 'object'],
  ['$length', { $gte: 0 }, 'a', 'string'],
  ['$size', { $gte: 0 }, [], 'array'],
  ['$all', { $gte: 0 }, [1], 'array'],
  ['$any', { $gte: 0 }, [1], 'array'],
];

const tag = (value: unknown): string => Object.prototype.toString.call(value);

function kindOf(value: unknown): Kind {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isFinite(value) ? 'number' : 'none';
  if (typeof value === 'object') return tag(value) === '[object Object]' ? 'object' : 'none';
  if (typeof value === 'string') return 'string';
  return typeof value === 'boolean' ? 'boolean' : 'none';
}

class Five {
  valueOf = (): number => 5;
  toString = (): string => 'a';
}
const nested = (levels: number): unknown => (levels === 0 ? 5 : [nested(levels - 1)]);

/** Values that look like others, and whatever JavaScript can hold that JSON can't. */
const disguise = fc.oneof(
  fc.constantFrom<unknown[]>(
    NaN,
    Infinity,
    -Infinity,
    2 ** 53,
    -0,
    5n,
    '5',
    'true',
    '',
    ' a',
    '\uff15',
    '\u0430',
  ),
  fc.constantFrom<unknown[]>([], [5], [[5]], ['a'], [TIME], { 0: 5, length: 1 }, { valueOf: 5 }, new Five()),
  fc.constantFrom<unknown[]>(
    Object(5),
    Object('a'),
    Object(true),
    new Date(5),
    new Map([['a', 5]]),
    new Set([5]),
  ),
  fc.constantFrom<unknown[]>(
    Symbol('a'),
    () => 5,
    undefined,
    Object.create({ a: 5 }),
    nested(63),
    nested(5_000),
  ),
  fc.anything({
    withBigInt: true,
    withBoxedValues: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withNullPrototype: true,
    withObjectString: true,
    withSparseArray: true,
    withTypedArray: true,
    withUnicodeString: true,
  }),
);

describe('a value of another kind', () => {
  verifies('B8');

  it('is tried on every operator', () => {
    const structural = ['$all', '$any', '$size', '$length'];
    const aboutKinds = ['$type'];
    const tried = new Set([...ROWS.map(([operator]) => operator), ...aboutKinds]);
    expect([...OPERATORS.keys(), ...structural].filter((operator) => !tried.has(operator))).toEqual([]);
  });

  it.each(ROWS)(
    'for %s %j opens no allow and escapes no deny or approval',
    (operator, operand, good, kind) => {
      const when = { 'arguments.x': { [operator]: operand } };
      const unless = { $not: when };
      const allowing = [when, unless].map((condition) => withRules(rule('r', 'allow', condition)));
      const stopping = [when, unless].flatMap((condition) => [
        withRules(rule('all', 'allow'), rule('r', 'deny', condition)),
        withRules(rule('all', 'allow'), rule('r', 'require_approval', condition)),
      ]);
      expect(decide(allowing[0]!, { x: good })).toBe('allow');
      fc.assert(
        fc.property(disguise, (x) => {
          if (kindOf(x) === kind) return;
          for (const snapshot of [...allowing, ...stopping])
            expect(decide(snapshot, { x })).not.toBe('allow');
        }),
        { numRuns: 100 },
      );
    },
  );

  it('is what $type says it is, or nothing', () => {
    const kinds: Kind[] = ['string', 'number', 'boolean', 'null', 'array', 'object'];
    const snapshots = kinds.map(
      (kind) => [kind, withRules(rule('r', 'allow', { 'arguments.x': { $type: kind } }))] as const,
    );
    fc.assert(
      fc.property(disguise, (x) => {
        for (const [kind, snapshot] of snapshots) {
          if (kind !== kindOf(x)) expect(decide(snapshot, { x })).toBe('deny');
        }
      }),
    );
  });
});

describe('arguments that are allowed', () => {
  verifies('B8');
  const snapshot = withRules(
    rule('all', 'allow'),
    rule('big', 'deny', {
      $not: { $or: [{ 'arguments.x': { $exists: false } }, { 'arguments.x': { $ne: 5 } }] },
    }),
  );

  it('mean the same to whoever reads them as JSON', () => {
    let allowed = 0;
    fc.assert(
      fc.property(
        fc.oneof(disguise, fc.record({ y: disguise }), fc.record({ x: fc.nat(), y: disguise })),
        (args) => {
          if (decide(snapshot, args) !== 'allow') return;
          allowed += 1;
          expect(decide(snapshot, parseIJson(canonicalJson(args ?? {})))).toBe('allow');
        },
      ),
      { numRuns: 1_000 },
    );
    expect(allowed).toBeGreaterThan(20);
  });

  it('are an object, and nothing that passes for one', () => {
    fc.assert(
      fc.property(disguise, (args) => {
        if (args === null || args === undefined || kindOf(args) === 'object') return;
        expect(decide(withRules(rule('all', 'allow')), args)).toBe('deny');
      }),
    );
  });
});

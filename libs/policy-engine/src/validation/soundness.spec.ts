import { describe, expect, it } from '@jest/globals';
import type { PolicyCatalogue, PolicyDocument, Rule } from '@portcullis/contracts';
import fc from 'fast-check';
import { verifies } from '../../../../tools/verifies.js';
import { compileCondition } from '../conditions/compile.js';
import { evaluate } from '../conditions/evaluate.js';
import { decideQuestion } from '../decisions/decide-question.js';
import { someone } from '../decisions/question.js';
import { ADMIN, MEMBER, TIME, withRules } from '../testing/organisation-fixture.js';
import { whyNeverTrue } from './satisfiable.js';
import { validatePolicy } from './validate-policy.js';

/** The organisation of the fixture. */
const CATALOGUE: PolicyCatalogue = {
  roles: [],
  groups: {},
  members: [ADMIN, MEMBER].map((user) => ({ user, roles: user === ADMIN ? ['admin'] : [], groups: [] })),
  servers: {
    notes: {
      tools: {
        list_notes: { label: 'read' },
        create_note: { label: 'write' },
        delete_note: { label: 'destructive' },
      },
    },
    bank: { tools: { pay: { label: 'write' } } },
  },
};

const number = fc.integer({ min: 0, max: 4 });
const word = fc.constantFrom('', 'a', 'b', 'ab');
const scalar = fc.oneof(number, word, fc.boolean(), fc.constant(null));
const instant = fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z', '2026-01-03T00:00:00+01:00');

/** Conditions on few values, so that many contradict themselves. */
const test = fc.letrec<{ test: Record<string, unknown> }>((tie) => ({
  test: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc
      .tuple(fc.constantFrom('$lt', '$lte', '$gt', '$gte'), number)
      .map(([operator, operand]) => ({ [operator]: operand })),
    fc
      .tuple(fc.constantFrom('$lt', '$lte', '$gt', '$gte'), number, number)
      .map(([operator, a, b]) => ({ [operator]: a, $gte: b })),
    fc.tuple(fc.constantFrom('$eq', '$ne'), scalar).map(([operator, operand]) => ({ [operator]: operand })),
    fc
      .tuple(fc.constantFrom('$in', '$nin'), fc.array(scalar, { minLength: 1, maxLength: 3 }))
      .map(([operator, operand]) => ({ [operator]: operand })),
    fc.constantFrom('string', 'number', 'boolean', 'null', 'array', 'object').map(($type) => ({ $type })),
    fc.boolean().map(($exists) => ({ $exists })),
    fc.constantFrom('a*', '?', 'b').map(($glob) => ({ $glob })),
    fc
      .tuple(fc.constantFrom('$before', '$after'), instant)
      .map(([operator, operand]) => ({ [operator]: operand })),
    fc.constant({ $only: ['x'] }),
    tie('test').map(($not) => ({ $not })),
    fc
      .tuple(fc.constantFrom('$and', '$or'), fc.array(tie('test'), { minLength: 1, maxLength: 3 }))
      .map(([operator, parts]) => ({ [operator]: parts })),
    fc
      .tuple(fc.constantFrom('$any', '$all', '$size', '$length'), tie('test'))
      .map(([operator, inner]) => ({ [operator]: inner })),
    tie('test').map((x) => ({ x })),
  ),
})).test;

const condition = fc.oneof(
  fc.dictionary(fc.constantFrom('arguments.a', 'arguments.b', 'arguments.a.x'), test, { minKeys: 1 }),
  fc
    .tuple(test, test)
    .map(([one, other]) => ({ $and: [{ 'arguments.a': one }, { $not: { 'arguments.a': other } }] })),
);
const value = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    scalar,
    instant,
    fc.double({ min: 0, max: 4, noNaN: true }),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.record({ x: tie('value'), y: tie('value') }, { requiredKeys: [] }),
  ),
})).value;
const args = fc.record({ a: value, b: value }, { requiredKeys: [] });

describe('what is said never to be true', () => {
  verifies('B7');

  it('is true of nothing', () => {
    let reported = 0;
    fc.assert(
      fc.property(condition, fc.array(args, { minLength: 20, maxLength: 40 }), (when, calls) => {
        const node = compileCondition(when);
        if (whyNeverTrue(node) === undefined) return;
        reported += 1;
        for (const call of calls) {
          const input = { arguments: call, principal: { user: MEMBER }, context: { time: TIME } };
          expect(evaluate(node, input)).not.toBe('yes');
        }
      }),
      { numRuns: 1_000 },
    );
    // Usually some three hundred; a generator that makes none would show nothing.
    expect(reported).toBeGreaterThan(50);
  });

  it.each([
    [{ 'arguments.a': { $lt: 1, $gt: 5 } }],
    [{ 'arguments.a': { $gte: 5, $lte: 5, $ne: 5 } }],
    [{ 'arguments.a': { $in: ['a', 'b'], $glob: 'c*' } }],
    [{ 'arguments.a': 'x', 'arguments.a.b': 1 }],
    [{ 'arguments.a': { $exists: false, $type: 'null' } }],
    [{ $and: [{ 'arguments.a': 1 }, { $not: { 'arguments.a': 1 } }] }],
    [{ 'arguments.a': { $any: { $lt: 1, $gt: 1 } } }],
    [{ 'arguments.a': { $size: { $gt: 1, $lt: 2 } } }],
    [{ 'arguments.a': { $length: { $lt: 0 } } }],
    [{ 'arguments.a': { $any: { $eq: 1 }, $size: { $lt: 1 } } }],
    [{ 'context.time': { $before: '2026-01-01T00:00:00Z', $after: '2026-01-01T00:00:00Z' } }],
    [{ 'principal.kind': { $nin: ['user', 'agent', 'system', 'service'] } }],
    [{ 'principal.roles': 'admin' }],
    [{ $or: [{ 'arguments.a': { $type: 'null', $ne: null } }, { 'arguments.a': { $lt: 0, $gt: 0 } }] }],
  ])('is found in %j', (when) => {
    expect(whyNeverTrue(compileCondition(when))).toEqual(expect.any(String));
  });
});

const label = fc.constantFrom('read' as const, 'write' as const, 'destructive' as const);
const draft = fc.record({
  effect: fc.constantFrom('allow' as const, 'allow' as const, 'deny' as const, 'require_approval' as const),
  subjects: fc.constantFrom<Rule['subjects']>(
    { everyone: true },
    { roles: ['member'] },
    { users: [MEMBER] },
    { roles: ['admin'] },
  ),
  servers: fc.constantFrom<string[]>(['*'], ['notes'], ['notes', 'bank']),
  tools: fc.constantFrom<string[]>(['*'], ['*_note'], ['create_*'], ['create_note'], ['list_notes']),
  labels: fc.option(fc.uniqueArray(label, { minLength: 1 }), { nil: undefined }),
  when: fc.option(condition, { nil: undefined }),
});
/** Some of them once more with another effect. */
const policy = fc
  .array(fc.tuple(draft, fc.option(draft, { nil: undefined, freq: 2 })), { minLength: 1, maxLength: 4 })
  .map((pairs) =>
    pairs
      .flatMap(([one, other]) => (other === undefined ? [one] : [one, { ...one, effect: other.effect }]))
      .map((rule, index) => ({ ...rule, id: `r${index}` }) as Rule),
  );
const documentOf = (rules: readonly Rule[]): PolicyDocument => ({
  roles: {},
  groups: {},
  servers: {},
  guards: [],
  rules: rules as PolicyDocument['rules'],
});
const question = fc
  .record({
    user: fc.constantFrom(ADMIN, MEMBER),
    tool: fc.constantFrom('list_notes', 'create_note', 'delete_note'),
    annotations: fc.constantFrom(undefined, { readOnlyHint: false }, { destructiveHint: true }),
    arguments: args,
  })
  .map(({ user, ...rest }) => ({
    asker: someone(user),
    operation: 'tool.call' as const,
    server: { slug: 'notes' },
    context: {},
    time: TIME,
    ...rest,
  }));

const USELESS: readonly string[] = ['never-fires', 'shadowed', 'contradiction'];

describe('a rule that is said to be of no use', () => {
  verifies('B7');

  it('decides nothing, and without it everything is decided the same', () => {
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(policy, fc.array(question, { minLength: 8, maxLength: 16 }), (rules, questions) => {
        const found = validatePolicy(documentOf(rules), CATALOGUE);
        for (const { code, rule } of found) {
          if (!USELESS.includes(code) && code !== 'redundant') continue;
          seen.set(code, (seen.get(code) ?? 0) + 1);
          const all = withRules(...rules);
          const without = withRules(...rules.filter(({ id }) => id !== rule));
          for (const asked of questions) {
            const decided = decideQuestion(all, asked);
            if (USELESS.includes(code)) expect(decided.rule).not.toBe(rule);
            expect(decideQuestion(without, asked).decision).toBe(decided.decision);
          }
        }
      }),
      { numRuns: 400 },
    );
    for (const code of [...USELESS, 'redundant']) expect([code, seen.get(code) ?? 0]).not.toEqual([code, 0]);
  });
});

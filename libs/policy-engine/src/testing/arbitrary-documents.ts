import type { PolicyCatalogue, PolicyDocument, Rule } from '@portcullis/contracts';
import fc from 'fast-check';
import { someone } from '../decisions/question.js';
import { ADMIN, MEMBER, TIME } from './organisation-fixture.js';

/** The organisation of the fixture. */
export const FIXTURE: PolicyCatalogue = {
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

/** Of any kind: contradictory, tautological, deep. */
export const condition = fc.oneof(
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
export const args = fc.record({ a: value, b: value }, { requiredKeys: [] });

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
export const policy = fc
  .array(fc.tuple(draft, fc.option(draft, { nil: undefined, freq: 2 })), { minLength: 1, maxLength: 4 })
  .map((pairs) =>
    pairs
      .flatMap(([one, other]) => (other === undefined ? [one] : [one, { ...one, effect: other.effect }]))
      .map((rule, index) => JSON.parse(JSON.stringify({ ...rule, id: `r${index}` })) as Rule),
  );
export const documentOf = (rules: readonly Rule[]): PolicyDocument => ({
  roles: {},
  groups: {},
  servers: {},
  guards: [],
  rules: rules as PolicyDocument['rules'],
});
export const question = fc
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

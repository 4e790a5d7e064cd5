import type { Rule } from '@portcullis/contracts';
import fc from 'fast-check';
import { acceptableArguments } from '../decisions/acceptable-arguments.js';
import { ADMIN, MEMBER } from './organisation-fixture.js';

/** Conditions with every kind of node, on arguments, caller and context, some of which are never there. */
const leaf = fc.constantFrom<Record<string, unknown>>(
  { 'arguments.amount': { $lte: 100 } },
  { 'arguments.to': { $in: ['a', 'b'] } },
  { 'arguments.to': { $glob: 'a*' } },
  { 'arguments.items': { $any: { id: { $gte: 1 } } } },
  { 'arguments.items': { $all: { id: { $gte: 1 } } } },
  { 'arguments.items': { $size: { $lte: 2 } } },
  { 'arguments.to': { $exists: true } },
  { 'arguments.amount': { $type: 'number' } },
  { 'context.transport': { $eq: 'nats' } },
  { 'context.time': { $during: { from: '00:00', to: '12:00' } } },
  { 'principal.client': { $ne: 'x' } },
  { 'principal.roles': { $any: { $eq: 'admin' } } },
);
const tree: fc.Arbitrary<Record<string, unknown>> = fc.letrec<{ node: Record<string, unknown> }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    fc.record({ $not: tie('node') }),
    fc.record({ $and: fc.array(tie('node'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ $or: fc.array(tie('node'), { minLength: 1, maxLength: 3 }) }),
  ),
})).node;
export const arbitraryCondition = tree;

const arbitraryRule = fc.record(
  {
    effect: fc.constantFrom('allow' as const, 'allow' as const, 'deny' as const, 'require_approval' as const),
    subjects: fc.constantFrom<Rule['subjects']>(
      { everyone: true },
      { users: [MEMBER] },
      { roles: ['admin'] },
      { roles: ['member'] },
    ),
    servers: fc.constantFrom<string[]>(['*'], ['notes'], ['bank']),
    tools: fc.constantFrom<string[]>(['*'], ['*_note'], ['pay', 'list_notes']),
    labels: fc.uniqueArray(fc.constantFrom('read' as const, 'write' as const, 'destructive' as const), {
      minLength: 1,
    }),
    when: arbitraryCondition,
  },
  { requiredKeys: ['effect', 'subjects', 'servers', 'tools'] },
);

/** Up to six rules over the tools of the fixture organisation. */
export const arbitraryRules: fc.Arbitrary<Rule[]> = fc
  .array(arbitraryRule, { maxLength: 6 })
  .map((list) => list.map((item, index) => ({ ...item, id: `r${index}` }) as Rule));

/** Often what the conditions look for, sometimes anything that is I-JSON. */
export const arbitraryArguments = fc
  .record(
    {
      amount: fc.oneof(fc.integer({ min: 0, max: 200 }), fc.jsonValue()),
      to: fc.oneof(fc.constantFrom('a', 'z'), fc.jsonValue()),
      items: fc.oneof(fc.array(fc.record({ id: fc.integer() })), fc.jsonValue()),
    },
    { requiredKeys: [] },
  )
  .filter(acceptableArguments);

export const arbitraryUser = fc.constantFrom(ADMIN, MEMBER);

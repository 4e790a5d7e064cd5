import type { Rule } from '@portcullis/contracts';
import fc from 'fast-check';
import { acceptableArguments } from '../decisions/acceptable-arguments.js';
import { ADMIN, BANK, MEMBER, NOTES } from './organisation-fixture.js';

const label = fc.constantFrom('read' as const, 'write' as const, 'destructive' as const);

const when = fc.constantFrom<Rule['when']>(
  undefined,
  undefined,
  { 'arguments.amount': { $lte: 100 } },
  { 'arguments.to': { $in: ['a', 'b'] } },
  { $not: { 'arguments.amount': { $gt: 10 } } },
  { $or: [{ 'arguments.to': 'a' }, { 'arguments.items': { $any: { id: { $gte: 1 } } } }] },
  { 'principal.client': 'cursor' },
  { 'principal.scopes': { $any: { $eq: 'mcp:write' } }, 'arguments.amount': { $exists: true } },
  { $or: [{ 'context.transport': 'http' }, { 'arguments.amount': { $lte: 5 } }] },
  { 'context.time': { $before: '2026-03-01T00:00:00.000Z' } },
  { principal: { $only: ['user', 'roles', 'groups', 'kind', 'scopes'] } },
);

const arbitraryRule = fc.record({
  effect: fc.constantFrom<Rule['effect']>('allow', 'allow', 'deny', 'require_approval'),
  subjects: fc.constantFrom<Rule['subjects']>({ everyone: true }, { users: [MEMBER] }, { roles: ['admin'] }),
  servers: fc.constantFrom<string[]>(['*'], ['notes'], ['bank']),
  tools: fc.constantFrom<string[]>(['*'], ['*_note'], ['pay', 'list_notes']),
  labels: fc.option(fc.uniqueArray(label, { minLength: 1 }), { nil: undefined }),
  when,
});

/** As it comes over a wire: what is undefined is missing. */
const asMessage = (rule: Rule): Rule => JSON.parse(JSON.stringify(rule)) as Rule;

/** Up to six rules `r0`, `r1`, … over what `BASE` has: with conditions on arguments, on the caller and on the context. */
export const randomRules = fc
  .array(arbitraryRule, { maxLength: 6 })
  .map((list) => list.map((item, index) => asMessage({ ...item, id: `r${index}` } as Rule)));

/** A call as a session makes it, with arguments that can be decided on. */
export const randomCall = fc.record({
  user: fc.constantFrom(ADMIN, MEMBER),
  place: fc.constantFrom(
    { srv: NOTES, tool: 'list_notes' },
    { srv: NOTES, tool: 'create_note' },
    { srv: NOTES, tool: 'delete_note' },
    { srv: BANK, tool: 'pay' },
  ),
  client: fc.constantFrom('cursor', 'claude', null),
  scopes: fc.constantFrom(['mcp', 'mcp:write'], ['mcp'], ['other']),
  arguments: fc
    .record(
      {
        amount: fc.oneof(fc.integer({ min: 0, max: 200 }), fc.jsonValue()),
        to: fc.oneof(fc.constantFrom('a', 'z'), fc.jsonValue()),
        items: fc.oneof(fc.array(fc.record({ id: fc.integer() })), fc.jsonValue()),
      },
      { requiredKeys: [] },
    )
    .filter(acceptableArguments),
});

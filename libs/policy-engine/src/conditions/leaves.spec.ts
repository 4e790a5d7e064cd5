import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { verifies } from '../../../../tools/verifies.js';
import { arbitraryArguments, arbitraryCondition } from '../testing/arbitrary-policy.js';
import { compileCondition } from './compile.js';
import { evaluate } from './evaluate.js';
import { leavesOf } from './leaves.js';
import { renderCondition } from './render.js';

const input = (args: unknown) => ({ arguments: args, principal: { roles: ['member'] }, context: {} });
const leaves = (condition: unknown, args: unknown) => leavesOf(compileCondition(condition), input(args));

describe('the leaves of a condition', () => {
  verifies('B11');
  it.each<[unknown, string, string, string | null]>([
    [{ amount: 5 }, 'yes', 'number', null],
    [{ amount: 500 }, 'no', 'number', 'the value does not satisfy it'],
    [{}, 'indeterminate', 'missing', 'there is nothing at the path'],
    [{ amount: null }, 'indeterminate', 'null', 'it says nothing about a value of type null or of this size'],
    [
      { amount: '5' },
      'indeterminate',
      'string',
      'it says nothing about a value of type string or of this size',
    ],
    ['text', 'indeterminate', 'string', 'the path ends at arguments, which is no object but string'],
  ])('say of %j: %s, found %s', (args, truth, found, why) => {
    expect(leaves({ 'arguments.amount': { $lte: 100 } }, args)).toEqual([
      { path: 'arguments.amount', operator: '$lte', operand: 100, truth, negated: false, found, why },
    ]);
  });

  it('come in the order of the author, with what stands within $not', () => {
    const condition = {
      $and: [{ $not: { 'arguments.a': { $in: ['x'] } } }, { '/arguments/b.c': { $any: { id: 1 } } }],
    };
    expect(leaves(condition, { a: 'y' })).toMatchObject([
      { path: 'arguments.a', operator: '$in', operand: ['x'], truth: 'no', negated: true },
      {
        path: '/arguments/b.c',
        operator: '$any',
        operand: { id: { $eq: 1 } },
        truth: 'indeterminate',
        negated: false,
      },
    ]);
  });

  it('hold no value of an argument', () => {
    const text = JSON.stringify(leaves({ 'arguments.to': { $glob: 'a*' } }, { to: 'hunter2' }));
    expect(text).toContain('"found":"string"');
    expect(text).not.toContain('hunter2');
  });
});

it('a condition that is written out again means the same', () => {
  fc.assert(
    fc.property(arbitraryCondition, arbitraryArguments, (condition, args) => {
      const node = compileCondition(condition);
      const again = compileCondition(renderCondition(node));
      expect(evaluate(again, input(args))).toBe(evaluate(node, input(args)));
    }),
    { numRuns: 500 },
  );
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { verifies } from '../../../../tools/verifies.js';
import { arbitraryArguments, arbitraryCondition } from '../testing/arbitrary-policy.js';
import { compileCondition } from './compile.js';
import { evaluate } from './evaluate.js';
import { UNKNOWN } from './path.js';
import { possibleTruths } from './possible-truths.js';

const around = { principal: { roles: ['member'] }, context: { transport: 'http' } };
const possible = (condition: unknown): string => {
  const { yes, no, indeterminate } = possibleTruths(compileCondition(condition), {
    arguments: UNKNOWN,
    ...around,
  });
  return [yes && 'yes', no && 'no', indeterminate && 'indeterminate'].filter(Boolean).join(' ');
};

describe('what a condition can come out as', () => {
  verifies('B8');
  it.each<[string, unknown, string]>([
    ['of arguments is everything', { 'arguments.a': 1 }, 'yes no indeterminate'],
    [
      'of an argument being there is everything',
      { 'arguments.a': { $exists: true } },
      'yes no indeterminate',
    ],
    ['of the context is one thing', { 'context.transport': 'http' }, 'yes'],
    ['of something that is not there is indeterminate', { 'context.ip': '10.0.0.1' }, 'indeterminate'],
    ['is no when a part that is known is no', { 'arguments.a': 1, 'context.transport': 'nats' }, 'no'],
    [
      'is never yes when a part is indeterminate',
      { 'arguments.a': 1, 'context.ip': '::1' },
      'no indeterminate',
    ],
    [
      'is yes when one of several is',
      { $or: [{ 'arguments.a': 1 }, { 'context.transport': 'http' }] },
      'yes',
    ],
    [
      'is never no when one of several is unclear',
      { $or: [{ 'arguments.a': 1 }, { 'context.ip': '::1' }] },
      'yes indeterminate',
    ],
    ['is turned round by $not', { $not: { 'arguments.a': 1, 'context.transport': 'nats' } }, 'yes'],
  ])('%s', (_name, condition, wanted) => {
    expect(possible(condition)).toBe(wanted);
  });

  it('leaves out nothing that arguments really give', () => {
    fc.assert(
      fc.property(arbitraryCondition, arbitraryArguments, (condition, args) => {
        const node = compileCondition(condition);
        const truth = evaluate(node, { arguments: args, ...around });
        expect(possibleTruths(node, { arguments: UNKNOWN, ...around })[truth]).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});

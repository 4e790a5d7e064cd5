import { describe, expect, it } from '@jest/globals';
import type { Rule } from '@portcullis/contracts';
import { verifies } from '../../../../tools/verifies.js';
import { BANK, NOTES, withRules } from '../testing/organisation-fixture.js';
import { argumentPathsOf } from './argument-paths.js';

const rule = (id: string, when: Rule['when'], change: Partial<Rule> = {}): Rule => ({
  id,
  effect: 'allow',
  subjects: { everyone: true },
  servers: ['notes'],
  tools: ['*'],
  ...(when === undefined ? {} : { when }),
  ...change,
});
const CREATE = { srv: NOTES, tool: 'create_note' };

describe('argument paths that rules about a tool look at', () => {
  verifies('B6');

  it('are found wherever they stand in a condition, each once, in one order', () => {
    const snapshot = withRules(
      rule('a', {
        'arguments.to': 'x',
        $or: [{ 'arguments.amount': { $gt: 1 } }, { 'principal.client': 'c' }],
      }),
      rule('b', { $not: { arguments: { amount: { $lte: 5, $type: 'number' }, '/a.b': { $exists: true } } } }),
      rule(
        'c',
        { 'arguments.items': { $all: { id: { $gte: 1 } } } },
        { effect: 'deny', subjects: { roles: ['admin'] } },
      ),
      rule('d', undefined),
    );
    expect(argumentPathsOf(snapshot, CREATE)).toEqual([['a.b'], ['amount'], ['items'], ['to']]);
  });

  it('are of rules about this tool alone', () => {
    const snapshot = withRules(
      rule('named', { 'arguments.a': 1 }, { tools: ['create_note'] }),
      rule('glob', { 'arguments.b': 1 }, { tools: ['*_note'] }),
      rule('other', { 'arguments.c': 1 }, { tools: ['list_notes'] }),
      rule('elsewhere', { 'arguments.d': 1 }, { servers: ['bank'] }),
      rule('everywhere', { 'arguments.e': 1 }, { servers: ['*'] }),
    );
    expect(argumentPathsOf(snapshot, CREATE)).toEqual([['a'], ['b'], ['e']]);
    expect(argumentPathsOf(snapshot, { srv: BANK, tool: 'pay' })).toEqual([['d'], ['e']]);
    expect(argumentPathsOf(snapshot, CREATE)).toEqual([['a'], ['b'], ['e']]);
  });

  it('can be the arguments as a whole', () => {
    const snapshot = withRules(rule('whole', { arguments: { $only: ['a'] } }));
    expect(argumentPathsOf(snapshot, CREATE)).toEqual([[]]);
    expect(argumentPathsOf(withRules(rule('none', { 'principal.client': 'c' })), CREATE)).toEqual([]);
  });
});

import { describe, expect, it } from '@jest/globals';
import type { Rule } from '@portcullis/contracts';
import { verifies } from '../../../../tools/verifies.js';
import type { EngineCommand } from '../organisation/decide.js';
import { errorOf } from '../testing/error-of.js';
import { ADMIN, base, MEMBER, run, snapshotOf, TIME, withRules } from '../testing/organisation-fixture.js';
import { decideQuestion } from './decide-question.js';
import { someone } from './question.js';
import type { Snapshot } from './snapshot.js';

const rule = (id: string, effect: Rule['effect'], change: Partial<Rule> = {}): Rule => ({
  id,
  effect,
  subjects: { everyone: true },
  servers: ['*'],
  tools: ['*'],
  ...change,
});
const ask = (snapshot: Snapshot, args: unknown = {}, user = MEMBER): string => {
  const { decision, rule: by } = decideQuestion(snapshot, {
    asker: someone(user),
    operation: 'tool.call',
    server: { slug: 'notes' },
    tool: 'delete_note',
    arguments: args,
    context: {},
    time: TIME,
  });
  return `${decision} ${by}`;
};
const big = { when: { 'arguments.amount': { $gt: 100 } } };
const all = rule('all', 'allow');

describe('a rule that requires approval', () => {
  verifies('B8', 'B10');
  it.each<[string, Rule[], unknown, string]>([
    ['holds back what is allowed', [all, rule('two', 'require_approval')], {}, 'approval_required two'],
    ['allows nothing itself', [rule('two', 'require_approval')], {}, 'deny default-deny'],
    ['gives way to a deny', [rule('two', 'require_approval'), all, rule('no', 'deny')], {}, 'deny no'],
    ['looks at its condition', [all, rule('two', 'require_approval', big)], { amount: 1 }, 'allow all'],
    [
      'applies where its condition can not be told',
      [all, rule('two', 'require_approval', big)],
      { amount: 'many' },
      'approval_required two',
    ],
    [
      'applies where its argument is missing',
      [all, rule('two', 'require_approval', big)],
      {},
      'approval_required two',
    ],
    [
      'is for its subjects only',
      [all, rule('two', 'require_approval', { subjects: { users: [ADMIN] } })],
      {},
      'allow all',
    ],
    [
      'is about its labels only',
      [all, rule('two', 'require_approval', { labels: ['read'] })],
      {},
      'allow all',
    ],
  ])('%s', (_what, rules, args, wanted) => {
    expect(ask(withRules(...rules), args)).toBe(wanted);
    expect(ask(withRules(...[...rules].reverse()), args)).toBe(wanted);
  });
});

describe('guards', () => {
  const guard = (change: Partial<Rule>): EngineCommand => ({
    type: 'AddRule',
    rule: rule('guard', 'deny', { guard: true, ...change }),
  });
  const refusal = (change: Partial<Rule>): string => errorOf(() => run(base(), guard(change)));

  it('stand above every rule, for everyone', () => {
    const { state } = run(base(), guard({ labels: ['destructive'] }), { type: 'AddRule', rule: all });
    expect(ask(snapshotOf(state))).toBe('deny guard');
    expect(ask(snapshotOf(state), {}, ADMIN)).toBe('deny guard');
  });
  it('never allow, and are for everyone', () => {
    expect(refusal({ effect: 'allow' })).toBe('INVALID_ARGUMENT');
    expect(refusal({ subjects: { users: [MEMBER] } })).toBe('INVALID_ARGUMENT');
    expect(refusal({ effect: 'require_approval' })).toBe('nothing');
  });
  it('name as approvers only whom there is', () => {
    expect(refusal({ effect: 'require_approval', approval: { roles: ['no-such'] } })).toBe(
      'INVALID_ARGUMENT',
    );
    expect(refusal({ effect: 'require_approval', approval: { groups: ['no-such'] } })).toBe(
      'INVALID_ARGUMENT',
    );
    expect(refusal({ approval: { roles: ['admin'] } })).toBe('INVALID_ARGUMENT');
  });
});

describe('a rule for a group', () => {
  it('is for its members only', () => {
    const { state } = run(
      base(),
      { type: 'DefineGroup', group: 'staff', description: '', roles: [] },
      { type: 'AddGroupMember', group: 'staff', user: MEMBER },
      { type: 'AddRule', rule: rule('staff-only', 'allow', { subjects: { groups: ['staff'] } }) },
      {
        type: 'AddRule',
        rule: rule('by-condition', 'deny', { when: { 'principal.groups': { $any: { $eq: 'banned' } } } }),
      },
    );
    expect(ask(snapshotOf(state))).toBe('allow staff-only');
    expect(ask(snapshotOf(state), {}, ADMIN)).toBe('deny default-deny');
  });
});

import { describe, expect, it } from '@jest/globals';
import type { Rule } from '@portcullis/contracts';
import fc from 'fast-check';
import { verifies } from '../../../../tools/verifies.js';
import { decideQuestion } from '../decisions/decide-question.js';
import {
  ADMIN,
  base,
  MEMBER,
  NOTES,
  run,
  snapshotOf,
  STRANGER,
  TIME,
  withRules,
} from '../testing/organisation-fixture.js';
import { randomCall, randomRules } from '../testing/random-policies.js';
import { couldUse, labelOf, membersAfter } from './who-could.js';

const rule = (id: string, change: Partial<Rule> = {}): Rule => ({
  id,
  effect: 'allow',
  subjects: { everyone: true },
  servers: ['*'],
  tools: ['*'],
  ...change,
});
const CREATE = { srv: NOTES, tool: 'create_note' };

describe('who could use a tool', () => {
  verifies('B6');

  it.each<[string, Rule[], ReturnType<typeof couldUse>]>([
    ['nobody by default', [], undefined],
    ['whom a rule allows', [rule('a')], { user: MEMBER, conditional: false, rules: ['a'], unless: [] }],
    ['nobody whom a rule denies', [rule('a'), rule('d', { effect: 'deny' })], undefined],
    [
      'only some calls of theirs',
      [rule('c', { when: { 'arguments.amount': { $lte: 5 } } })],
      { user: MEMBER, conditional: true, rules: ['c'], unless: [] },
    ],
    [
      'but for some calls',
      [rule('a'), rule('d', { effect: 'deny', when: { 'context.transport': 'grpc' } })],
      { user: MEMBER, conditional: true, rules: ['a'], unless: ['d'] },
    ],
    [
      'nobody for whom a condition can not hold',
      [rule('c', { when: { 'principal.user': ADMIN } })],
      undefined,
    ],
    [
      'also whoever needs approval',
      [rule('a'), rule('p', { effect: 'require_approval' })],
      { user: MEMBER, conditional: false, rules: ['a'], unless: ['p'] },
    ],
    [
      'nobody who needs approval for what no rule allows',
      [rule('p', { effect: 'require_approval' })],
      undefined,
    ],
    [
      'whatever a condition says beside an allow without one',
      [rule('a'), rule('c', { when: { 'arguments.x': 1 } })],
      { user: MEMBER, conditional: false, rules: ['a', 'c'], unless: [] },
    ],
    [
      'whatever a missing client would make of a denial',
      [rule('a'), rule('d', { effect: 'deny', when: { 'principal.client': 'cursor' } })],
      { user: MEMBER, conditional: true, rules: ['a'], unless: ['d'] },
    ],
  ])('%s', (_name, rules, wanted) => {
    expect(couldUse(withRules(...rules), CREATE, MEMBER)).toEqual(wanted);
  });

  it('is nobody where the tool is switched off or has no label, or who is no member', () => {
    const { state } = run(
      base(),
      { type: 'AddRule', rule: rule('a') },
      { type: 'DisableTool', ...CREATE, user: MEMBER },
    );
    const snapshot = snapshotOf(state);
    expect(couldUse(snapshot, CREATE, MEMBER)).toBeUndefined();
    expect(couldUse(snapshot, CREATE, ADMIN)).toBeDefined();
    expect(couldUse(snapshot, CREATE, STRANGER)).toBeUndefined();
    expect(labelOf(snapshot, CREATE)).toBe('write');
    expect(labelOf(snapshot, { ...CREATE, tool: 'unknown' })).toBeNull();
    expect(couldUse(snapshot, { ...CREATE, tool: 'unknown' }, ADMIN)).toBeUndefined();
  });

  it('goes through members in one order', () => {
    const snapshot = withRules();
    expect(membersAfter(snapshot, null)).toEqual([ADMIN, MEMBER].sort());
    expect(membersAfter(snapshot, ADMIN)).toEqual([MEMBER]);
    expect(membersAfter(snapshot, MEMBER)).toEqual([]);
  });

  it('misses no call that is allowed, and calls nothing certain that is not', () => {
    let [allowed, certain] = [0, 0];
    fc.assert(
      fc.property(randomRules, randomCall, (rules, call) => {
        const snapshot = withRules(...rules);
        const { user, place, client } = call;
        const could = couldUse(snapshot, place, user);
        const asker = { user, session: null, client, agent: null, kind: 'user', scopes: ['mcp:write'] };
        const { decision } = decideQuestion(snapshot, {
          asker,
          operation: 'tool.call',
          server: { srv: place.srv },
          tool: place.tool,
          arguments: call.arguments,
          context: { transport: 'http' },
          time: TIME,
        });
        if (decision !== 'deny') {
          allowed += 1;
          expect(could).toBeDefined();
        }
        if (could?.conditional === false) {
          certain += 1;
          expect(decision).not.toBe('deny');
        }
      }),
      { numRuns: 1000 },
    );
    expect(allowed).toBeGreaterThan(10);
    expect(certain).toBeGreaterThan(5);
  });
});

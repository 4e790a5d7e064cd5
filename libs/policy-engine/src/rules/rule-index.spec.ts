import { describe, expect, it } from '@jest/globals';
import type { Rule } from '@portcullis/contracts';
import { verifies } from '../../../../tools/verifies.js';
import { Snapshot } from '../decisions/snapshot.js';
import { errorOf } from '../testing/error-of.js';
import { ADMIN, base, BANK, MEMBER, NOTES, run, ulid } from '../testing/organisation-fixture.js';
import { RuleIndex } from './rule-index.js';
import { subjectType } from './tool-subject.js';

const rule = (id: string, change: Partial<Rule> = {}): Rule => ({
  id,
  effect: 'allow',
  subjects: { everyone: true },
  servers: ['*'],
  tools: ['*'],
  ...change,
});
const stateWith = (...rules: Rule[]) =>
  run(base(), ...rules.map((one) => ({ type: 'AddRule' as const, rule: one }))).state;
const names = (state: Parameters<typeof run>[0], user: string, at: [string, string]) =>
  new Snapshot(state, 1)
    .abilitiesOf(user)
    .access.rulesFor('l:read', subjectType(...at))
    .map(({ reason }) => reason);

describe('rules by what they are about', () => {
  verifies('B8');
  const state = stateWith(
    rule('notes', { servers: ['notes'] }),
    rule('anywhere'),
    rule('both', { servers: ['notes', 'bank'], tools: ['list_notes', 'pa*'] }),
    rule('no-pay', { effect: 'deny', servers: ['bank'], tools: ['pay'] }),
    rule('no-a', { effect: 'deny', tools: ['*a*'] }),
    rule('mine', { subjects: { users: [MEMBER] }, servers: ['bank'] }),
    rule('admins', { subjects: { roles: ['admin'] }, labels: ['write'] }),
  );

  it.each<[string, [string, string], string[]]>([
    [MEMBER, [NOTES, 'list_notes'], ['both', 'anywhere', 'notes']],
    [MEMBER, [NOTES, 'create_note'], ['no-a', 'anywhere', 'notes']],
    [ADMIN, [BANK, 'pay'], ['no-a', 'no-pay', 'both', 'anywhere']],
    [MEMBER, [BANK, 'pay'], ['no-a', 'no-pay', 'mine', 'both', 'anywhere']],
    [MEMBER, [ulid('CCC', 9), 'other'], ['anywhere']],
  ])('the last of the policy decides first, denies before allows: %s at %j', (user, at, wanted) => {
    expect(names(state, user, at)).toEqual(wanted);
  });

  it('are looked up once for all revisions with the same rules', () => {
    const later = run(
      state,
      { type: 'GrantRole', user: MEMBER, role: 'admin' },
      { type: 'LabelTool', srv: BANK, tool: 'other', label: 'read' },
    ).state;
    expect(RuleIndex.of(later.rules)).toBe(RuleIndex.of(state.rules));
    const added = run(state, { type: 'AddRule', rule: rule('more') }).state;
    expect(RuleIndex.of(added.rules)).not.toBe(RuleIndex.of(state.rules));
  });

  it('say the same to whoever has the same roles and is not named', () => {
    const index = RuleIndex.of(state.rules);
    const asker = (user: string, roles = ['member']) => index.abilitiesOf({ user, roles, groups: [] });
    expect(asker(ulid('BBB', 5))).toBe(asker(ulid('BBB', 6)));
    expect(asker(MEMBER)).not.toBe(asker(ulid('BBB', 6)));
    expect(asker(ulid('BBB', 5), ['admin', 'member'])).not.toBe(asker(ulid('BBB', 5)));
  });

  it('are refused as a whole when one has a condition that is none', () => {
    const stored = { ...state.rules.get('notes')!, when: { 'arguments.a': { $foo: 1 } } };
    expect(errorOf(() => RuleIndex.of(new Map([['notes', stored]])))).toBe('INVALID_ARGUMENT');
  });
});

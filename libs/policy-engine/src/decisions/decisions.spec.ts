import { describe, expect, it } from '@jest/globals';
import type { Rule } from '@portcullis/contracts';
import { verifies } from '../../../../tools/verifies.js';
import type { EngineCommand } from '../organisation/decide.js';
import { initialState } from '../organisation/state.js';
import {
  ADMIN,
  BANK,
  base,
  MEMBER,
  NOTES,
  run,
  snapshotOf,
  STRANGER,
  TIME,
  ulid,
  withRules,
} from '../testing/organisation-fixture.js';
import { decideQuestion } from './decide-question.js';
import { explainVerdict } from './explain.js';
import { someone, type Question } from './question.js';
import type { Snapshot } from './snapshot.js';

const ask = (change: Partial<Question> & { user?: string } = {}): Question => ({
  asker: someone(change.user ?? MEMBER),
  operation: 'tool.call',
  server: { slug: 'notes' },
  tool: 'create_note',
  arguments: {},
  context: {},
  time: TIME,
  ...change,
});

const outcome = (snapshot: Snapshot, question: Question): string => {
  const { decision, rule } = decideQuestion(snapshot, question);
  return `${decision} ${rule}`;
};

const rule = (id: string, change: Partial<Rule> = {}): Rule => ({
  id,
  effect: 'allow',
  subjects: { everyone: true },
  servers: ['*'],
  tools: ['*'],
  ...change,
});

const after = (rules: Rule[], ...commands: EngineCommand[]): Snapshot =>
  snapshotOf(run(withRules(...rules).state, ...commands).state);

describe('built-in rules', () => {
  const all = rule('all');
  it('deny by default', () => {
    verifies('B8', 'H2');
    expect(outcome(withRules(), ask())).toBe('deny default-deny');
    expect(outcome(withRules(), ask({ user: ADMIN }))).toBe('deny default-deny');
  });
  it('deny strangers, whatever everyone may', () => {
    verifies('H2');
    expect(outcome(withRules(all), ask())).toBe('allow all');
    expect(outcome(withRules(all), ask({ user: STRANGER }))).toBe('deny not-a-member');
    expect(outcome(after([all], { type: 'RemoveMember', user: MEMBER }), ask())).toBe('deny not-a-member');
  });
  it('deny tools without a label', () => {
    verifies('P7');
    expect(outcome(withRules(all), ask({ tool: 'unheard_of' }))).toBe('deny unlabelled-tool');
    const unlabelled = after([all], { type: 'LabelTool', srv: NOTES, tool: 'create_note', label: null });
    expect(decideQuestion(unlabelled, ask())).toMatchObject({
      decision: 'deny',
      rule: 'unlabelled-tool',
      label: 'destructive',
    });
  });
  it('deny what an admin has switched off, for one or for all, and nothing else', () => {
    verifies('P7');
    const off = (user: string | null) =>
      after([all], { type: 'DisableTool', srv: NOTES, tool: 'create_note', user });
    expect(outcome(off(null), ask())).toBe('deny tool-disabled');
    expect(outcome(off(MEMBER), ask())).toBe('deny tool-disabled');
    expect(outcome(off(MEMBER), ask({ user: ADMIN }))).toBe('allow all');
    expect(outcome(off(null), ask({ tool: 'list_notes' }))).toBe('allow all');
    const on = run(off(null).state, {
      type: 'EnableTool',
      srv: NOTES,
      tool: 'create_note',
      user: null,
    }).state;
    expect(outcome(snapshotOf(on), ask())).toBe('allow all');
  });
  it('deny revoked generations of a key, not later ones', () => {
    const snapshot = after([all], { type: 'RevokeCredential', sid: 'key', generation: 2 });
    const by = (sid: string, generation: number) =>
      ask({ asker: { ...someone(MEMBER), session: { sid, generation } } });
    expect(outcome(snapshot, by('key', 1))).toBe('deny credential-revoked');
    expect(outcome(snapshot, by('key', 2))).toBe('deny credential-revoked');
    expect(outcome(snapshot, by('key', 3))).toBe('allow all');
    expect(outcome(snapshot, by('other', 1))).toBe('allow all');
  });
  it('keep a read-only session to read tools', () => {
    const by = (scopes: string[], tool: string) => ask({ tool, asker: { ...someone(MEMBER), scopes } });
    expect(outcome(withRules(all), by(['mcp'], 'list_notes'))).toBe('allow all');
    expect(outcome(withRules(all), by(['mcp'], 'create_note'))).toBe('deny read-only-session');
    expect(outcome(withRules(all), by([], 'list_notes'))).toBe('deny scope-missing');
    expect(outcome(withRules(all), by(['admin'], 'list_notes'))).toBe('deny scope-missing');
    expect(outcome(withRules(all), by(['mcp:write'], 'list_notes'))).toBe('allow all');
    expect(outcome(withRules(all), by(['mcp', 'mcp:write'], 'delete_note'))).toBe('allow all');
  });
  it('deny unknown servers and operations without rules', () => {
    expect(outcome(withRules(all), ask({ server: { slug: 'elsewhere' } }))).toBe('deny unknown-server');
    expect(outcome(withRules(all), ask({ server: { srv: ulid('CCC', 9) } }))).toBe('deny unknown-server');
    expect(outcome(withRules(all), ask({ operation: 'prompt.get' }))).toBe('deny unsupported-operation');
    expect(outcome(withRules(all), ask({ tool: null }))).toBe('deny invalid-arguments');
  });
  it('open a catalogue to those who may use something in it, and to admins', () => {
    const readers = rule('readers', { servers: ['notes'], labels: ['read'] });
    const open = (slug: string, user: string) =>
      ask({ operation: 'catalog.read', server: { slug }, tool: null, user });
    expect(outcome(withRules(readers), open('notes', MEMBER))).toBe('allow visible-tools');
    expect(outcome(withRules(readers), open('bank', MEMBER))).toBe('deny no-visible-tools');
    expect(outcome(withRules(readers), open('bank', ADMIN))).toBe('allow organisation-admin');
    expect(outcome(withRules(readers), open('notes', STRANGER))).toBe('deny not-a-member');
  });
});

describe('labels', () => {
  verifies('P7');
  const reads = rule('reads', { labels: ['read'] });
  it('reading stays on while writing is off', () => {
    const snapshot = withRules(
      rule('all'),
      rule('no-writes', { effect: 'deny', subjects: { users: [MEMBER] }, labels: ['write', 'destructive'] }),
    );
    expect(outcome(snapshot, ask({ tool: 'list_notes' }))).toBe('allow all');
    expect(outcome(snapshot, ask({ tool: 'create_note' }))).toBe('deny no-writes');
    expect(outcome(snapshot, ask({ tool: 'delete_note' }))).toBe('deny no-writes');
    expect(outcome(snapshot, ask({ tool: 'create_note', user: ADMIN }))).toBe('allow all');
  });
  it('can be raised by what the upstream says, never lowered', () => {
    const list = (annotations: Question['annotations']) => ask({ tool: 'list_notes', annotations });
    expect(outcome(withRules(reads), list({ readOnlyHint: true }))).toBe('allow reads');
    expect(outcome(withRules(reads), list({ readOnlyHint: false }))).toBe('deny default-deny');
    expect(outcome(withRules(reads), list({ readOnlyHint: true, destructiveHint: true }))).toBe(
      'deny default-deny',
    );
    expect(
      outcome(
        withRules(reads),
        ask({ tool: 'delete_note', annotations: { readOnlyHint: true, destructiveHint: false } }),
      ),
    ).toBe('deny default-deny');
  });
});

describe('rules', () => {
  verifies('H2', 'B8');
  it('are for roles, users or everyone', () => {
    const snapshot = after(
      [],
      { type: 'DefineRole', role: 'writer', description: '' },
      { type: 'AddRule', rule: rule('w', { subjects: { roles: ['writer'] } }) },
      { type: 'AddRule', rule: rule('a', { subjects: { users: [ADMIN] } }) },
    );
    expect(outcome(snapshot, ask())).toBe('deny default-deny');
    expect(outcome(snapshot, ask({ user: ADMIN }))).toBe('allow a');
    const granted = run(snapshot.state, { type: 'GrantRole', user: MEMBER, role: 'writer' }).state;
    expect(outcome(snapshotOf(granted), ask())).toBe('allow w');
  });
  it('name servers and tools, the latter with globs', () => {
    const snapshot = withRules(rule('lists', { servers: ['notes'], tools: ['list_*', 'create_note'] }));
    expect(outcome(snapshot, ask({ tool: 'list_notes' }))).toBe('allow lists');
    expect(outcome(snapshot, ask({ tool: 'create_note' }))).toBe('allow lists');
    expect(outcome(snapshot, ask({ tool: 'delete_note' }))).toBe('deny default-deny');
    expect(outcome(snapshot, ask({ server: { slug: 'bank' }, tool: 'pay' }))).toBe('deny default-deny');
  });
  it('stay with the server when its slug passes to another', () => {
    const snapshot = after(
      [rule('n', { servers: ['notes'] })],
      { type: 'ChangeServer', srv: NOTES, slug: 'old-notes', dst: 'https://notes.example', slots: [] },
      { type: 'ConnectServer', srv: ulid('CCC', 5), slug: 'notes', dst: 'https://evil.example', slots: [] },
      { type: 'LabelTool', srv: ulid('CCC', 5), tool: 'create_note', label: 'write' },
    );
    expect(outcome(snapshot, ask())).toBe('deny default-deny');
    expect(outcome(snapshot, ask({ server: { slug: 'old-notes' } }))).toBe('allow n');
  });
  it('a tool called all, an argument called manage or __caslSubjectType__ opens nothing', () => {
    const names = ['all', 'manage', '__proto__', 'constructor', 'l:read'];
    const state = names.reduce(
      (acc, tool) => run(acc, { type: 'LabelTool', srv: BANK, tool, label: 'read' }).state,
      base(),
    );
    const only = run(
      state,
      { type: 'AddRule', rule: rule('one', { servers: ['bank'], tools: ['all'] }) },
      { type: 'AddRule', rule: rule('two', { servers: ['bank'], tools: ['manage'] }) },
    ).state;
    const snapshot = snapshotOf(only);
    expect(outcome(snapshot, ask({ server: { slug: 'bank' }, tool: 'all' }))).toBe('allow one');
    for (const tool of ['__proto__', 'constructor', 'l:read', 'pay']) {
      expect(outcome(snapshot, ask({ server: { slug: 'bank' }, tool }))).toBe('deny default-deny');
    }
    const args = { __caslSubjectType__: `t:${BANK}/all`, kind: 'all', __typename: 'all', modelName: 'all' };
    expect(outcome(snapshot, ask({ arguments: args }))).toBe('deny default-deny');
  });
  it.each([
    [[]],
    ['text'],
    [5],
    [true],
    [{ n: 2 ** 60 }],
    [{ n: NaN }],
    [{ s: '\ud800' }],
    [JSON.parse('{"a":{"__proto__":1}}')],
  ])('never see arguments that mean different things to different readers: %#', (args) => {
    expect(outcome(withRules(rule('all')), ask({ arguments: args }))).toBe('deny invalid-arguments');
  });
});

describe('conditions', () => {
  verifies('B8');
  const pay = (args: unknown) => ask({ server: { slug: 'bank' }, tool: 'pay', arguments: args });
  const small = rule('small', {
    servers: ['bank'],
    tools: ['pay'],
    when: { 'arguments.amount': { $lte: 100 } },
  });
  const noRobots = rule('no-robots', { effect: 'deny', when: { 'arguments.to': { $eq: 'robot' } } });
  const odd = [undefined, null, {}, 'abc', '50', [50], [1, 1_000_000], true];

  it('allow only what they hold for', () => {
    expect(outcome(withRules(small), pay({ amount: 100 }))).toBe('allow small');
    expect(outcome(withRules(small), pay({ amount: 101 }))).toBe('deny default-deny');
  });
  it.each(odd)('never allow on %p', (amount) => {
    expect(outcome(withRules(small), pay(amount === undefined ? {} : { amount }))).toBe('deny default-deny');
    expect(outcome(withRules(small), pay(null))).toBe('deny default-deny');
  });
  it.each(odd.filter((value) => typeof value !== 'string'))('always deny on %p', (to) => {
    const snapshot = withRules(rule('all'), noRobots);
    expect(outcome(snapshot, pay(to === undefined ? {} : { to }))).toBe('deny no-robots');
  });
  it('let through what a deny certainly does not mean', () => {
    expect(outcome(withRules(rule('all'), noRobots), pay({ to: 'alice' }))).toBe('allow all');
    expect(outcome(withRules(rule('all'), noRobots), pay({ to: 'robot' }))).toBe('deny no-robots');
  });
  it('a deny under $or, $not or an unusual operator fires', () => {
    const deny = (when: Rule['when']) => withRules(rule('all'), rule('d', { effect: 'deny', when }));
    expect(outcome(deny({ $or: [{ 'arguments.a': 1 }, { 'arguments.b': 1 }] }), pay({ a: 2, b: 1 }))).toBe(
      'deny d',
    );
    expect(outcome(deny({ $not: { 'arguments.a': { $in: [1, 2] } } }), pay({ a: 3 }))).toBe('deny d');
    expect(outcome(deny({ 'arguments.a': { $any: { $glob: '*.evil' } } }), pay({ a: ['x.evil'] }))).toBe(
      'deny d',
    );
  });
});

describe('an explained decision', () => {
  verifies('B11');
  const explained = (snapshot: Snapshot, question: Question) =>
    explainVerdict(decideQuestion(snapshot, question), snapshot, ulid('EEE', 7));
  it('says which rule, which revision, why, and whom to ask', () => {
    expect(explained(withRules(), ask()).message).toBe(
      'Denied by rule "default-deny" at policy revision 7: no rule allows write tools on "notes" for roles member. ' +
        'Ask an organisation admin to grant a role that allows notes/create_note.',
    );
  });
  it('names the condition that was not met, not the value that was sent', () => {
    const snapshot = withRules(rule('small', { when: { 'arguments.title': { $glob: 'public *' } } }));
    const decision = explained(snapshot, ask({ arguments: { title: 'hunter2-secret' } }));
    expect(decision.reasons).toContainEqual({
      code: 'condition_not_met',
      rule: 'small',
      message: 'rule "small" would allow it, but arguments.title $glob "public *" is no, found string',
    });
    expect(JSON.stringify(decision)).not.toContain('hunter2');
  });
  it('names the deny and its condition', () => {
    const snapshot = withRules(
      rule('all'),
      rule('no-late', { effect: 'deny', when: { 'arguments.late': { $eq: true } } }),
    );
    expect(explained(snapshot, ask()).message).toContain(
      'Denied by rule "no-late" at policy revision 7: it denies the write tool notes/create_note (arguments.late $eq true is indeterminate, found missing)',
    );
  });
  it('carries a digest that depends on the policy and on nothing else', () => {
    const a = rule('a');
    const b = rule('b', { effect: 'deny' });
    expect(withRules(a, b).digest).toBe(withRules(b, a).digest);
    expect(withRules(a, b).digest).not.toBe(withRules(a).digest);
    expect(withRules(a).digest).toMatch(/^[\w-]{43}$/);
    const there = run(withRules(a).state, { type: 'DisableTool', srv: NOTES, tool: 'x', user: MEMBER }).state;
    expect(snapshotOf(there).digest).not.toBe(withRules(a).digest);
  });
  it('is bounded in size', () => {
    const many = Array.from({ length: 60 }, (_, i) =>
      rule(`r${i}`, {
        when: { 'arguments.x': { $in: Array.from({ length: 500 }, (_v, n) => `value-${n}`) } },
      }),
    );
    const decision = explained(withRules(...many), ask({ arguments: { x: 'y' } }));
    expect(decision.message.length).toBeLessThanOrEqual(2000);
    expect(decision.reasons.length).toBeLessThanOrEqual(32);
    for (const reason of decision.reasons) expect(reason.message.length).toBeLessThanOrEqual(1000);
  });
});

describe('without any facts', () => {
  it('nothing is allowed', () => {
    expect(outcome(snapshotOf(initialState), ask())).toBe('deny not-a-member');
  });
});

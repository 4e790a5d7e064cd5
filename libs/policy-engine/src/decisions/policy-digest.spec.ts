import { describe, expect, it } from '@jest/globals';
import type { Approval, PolicyState, Tool } from '../organisation/state.js';
import { base, MEMBER, NOTES, run, ulid } from '../testing/organisation-fixture.js';
import { digestOf } from './policy-digest.js';

const state = run(
  base(),
  { type: 'DefineRole', role: 'clerk', description: '' },
  { type: 'DefineGroup', group: 'treasury', description: '', roles: ['clerk'] },
  {
    type: 'AddRule',
    rule: { id: 'one', effect: 'allow', subjects: { everyone: true }, servers: ['*'], tools: ['*'] },
  },
  { type: 'RevokeCredential', sid: 's1', generation: 1 },
  { type: 'AddPolicyClient', client: ulid('EEE', 1), name: 'tool' },
).state;

const without = <V>(map: ReadonlyMap<string, V>, key: string): Map<string, V> =>
  new Map([...map].filter(([candidate]) => candidate !== key));
const withTool = (change: Partial<Tool>): Partial<PolicyState> => {
  const tools = state.tools.get(NOTES)!;
  const changed = new Map(tools).set('list_notes', { ...tools.get('list_notes')!, ...change });
  return { tools: new Map(state.tools).set(NOTES, changed) };
};
const member = state.members.get(MEMBER)!;
const withMember = (change: Partial<typeof member>): Partial<PolicyState> => ({
  members: new Map(state.members).set(MEMBER, { ...member, ...change }),
});

describe('the digest of a policy', () => {
  it.each<[string, Partial<PolicyState>]>([
    ['the organisation', { org: ulid('AAA', 2) }],
    ['its standing', { home: false }],
    ['members', { members: without(state.members, MEMBER) }],
    ['roles of members', withMember({ roles: new Set(['clerk']) })],
    ['groups of members', withMember({ groups: new Set(['treasury']) })],
    ['revoked credentials', { revoked: new Map([['s1', 2]]) }],
    ['roles', { roles: new Map([['teller', '']]) }],
    ['roles of groups', { groups: new Map([['treasury', { description: '', roles: new Set<string>() }]]) }],
    ['rules', { rules: new Map([['one', { ...state.rules.get('one')!, labels: ['read' as const] }]]) }],
    ['servers', { servers: without(state.servers, NOTES) }],
    ['tools', { tools: without(state.tools, NOTES) }],
    ['labels', withTool({ label: 'write' })],
    ['switches', withTool({ disabledForAll: true })],
    ['switches for one person', withTool({ disabledFor: new Set([MEMBER]) })],
    ['pins', withTool({ pinned: { digest: 'p'.repeat(43), definition: null } })],
    ['what was seen', withTool({ seen: { digest: 's'.repeat(43), definition: null, at: state.time } })],
    ['approvals', { approvals: new Map([['a', { status: 'granted' } as Approval]]) }],
    ['clients', { clients: new Map() }],
  ])('is another one with other %s', (_, change) => {
    expect(digestOf({ ...state, ...change })).not.toBe(digestOf(state));
  });

  it('does not depend on what led to the policy, nor on what decisions do not depend on', () => {
    const reversed = <V>(map: ReadonlyMap<string, V>): Map<string, V> => new Map([...map].reverse());
    const same: PolicyState = {
      ...state,
      time: '2030-01-01T00:00:00.000Z',
      members: reversed(state.members),
      servers: reversed(state.servers),
      tools: reversed(state.tools),
    };
    expect(digestOf(same)).toBe(digestOf(state));
    expect(digestOf(structuredClone({ ...state, commands: same.commands }))).toBe(digestOf(state));
  });

  it('tells entries apart that share one value', () => {
    const shared = (...users: string[]) =>
      digestOf({ ...state, members: new Map(users.map((user) => [user, member])) });
    const apart = (...users: string[]) =>
      digestOf({ ...state, members: new Map(users.map((user) => [user, { ...member }])) });
    expect(shared(ulid('BBB', 5), ulid('BBB', 6))).toBe(apart(ulid('BBB', 5), ulid('BBB', 6)));
    expect(shared(ulid('BBB', 6), ulid('BBB', 7))).toBe(apart(ulid('BBB', 6), ulid('BBB', 7)));
  });
});

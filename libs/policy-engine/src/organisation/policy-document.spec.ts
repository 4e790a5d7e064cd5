import { describe, expect, it } from '@jest/globals';
import type { PolicyDocument } from '@portcullis/contracts';
import fc from 'fast-check';
import { verifies } from '../../../../tools/verifies.js';
import { digestOf } from '../decisions/policy-digest.js';
import type { StoredDocument } from '../facts/fields.js';
import { errorOf } from '../testing/error-of.js';
import { base, MEMBER, NOTES, run } from '../testing/organisation-fixture.js';
import type { EngineCommand } from './decide.js';
import { documentOf, versionOf } from './policy-document.js';
import { rolesOf, type PolicyState } from './state.js';

const DOCUMENT: PolicyDocument = {
  roles: { clerk: 'Pays.' },
  groups: { finance: { description: '', roles: ['clerk'] } },
  servers: { notes: { pinning: 'approve_first', tools: { list_notes: 'write', new_tool: 'read' } } },
  guards: [{ id: 'no-deletes', effect: 'deny', servers: ['*'], tools: ['*'], labels: ['destructive'] }],
  rules: [
    { id: 'clerks', effect: 'allow', subjects: { groups: ['finance'] }, servers: ['bank'], tools: ['pay'] },
  ],
};
const apply = (change: Partial<PolicyDocument> = {}, basis?: string): EngineCommand => ({
  type: 'ApplyPolicy',
  document: { ...DOCUMENT, ...change },
  ...(basis === undefined ? {} : { basis }),
});
const refusal = (...commands: EngineCommand[]): string => errorOf(() => run(base(), ...commands));
const byHand: EngineCommand = {
  type: 'AddRule',
  rule: { id: 'by-hand', effect: 'allow', subjects: { everyone: true }, servers: ['*'], tools: ['*'] },
};
const appliedOf = (state: PolicyState, command: EngineCommand): StoredDocument => {
  const [fact] = run(state, command).facts;
  if (fact?.type !== 'policy.PolicyApplied') throw new Error('nothing was applied');
  return fact.data.document;
};

describe('applying a document', () => {
  verifies('B7');
  it('is one fact, and what the policy says of itself afterwards', () => {
    const { facts, state } = run(base(), byHand, apply());
    expect(facts.map(({ type }) => type)).toEqual(['policy.RuleAdded', 'policy.PolicyApplied']);
    expect([...state.rules.keys()]).toEqual(['clerks', 'no-deletes']);
    expect(state.rules.get('no-deletes')).toMatchObject({ guard: true, subjects: { everyone: true } });
    expect(state.version).toBe(versionOf(documentOf(state)));
    expect(state.servers.get(NOTES)?.pinning).toBe('approve_first');
    expect(state.tools.get(NOTES)?.get('list_notes')?.label).toBe('write');
    const { state: joined } = run(state, { type: 'AddGroupMember', group: 'finance', user: MEMBER });
    expect(rolesOf(joined, MEMBER)).toEqual(['clerk', 'member']);
  });

  it('keeps what the document does not name, but for rules', () => {
    const { state } = run(base(), { type: 'DefineRole', role: 'other', description: '' }, apply());
    expect(state.roles.has('other')).toBe(true);
    expect(state.tools.get(NOTES)?.get('create_note')?.label).toBe('write');
    const none = run(state, apply({ rules: [], guards: [] })).state;
    expect([...none.rules.keys()]).toEqual([]);
  });

  it('changes nothing the second time', () => {
    const { state } = run(base(), apply());
    expect(run(state, apply()).facts).toEqual([]);
    expect(run(run(state, byHand).state, apply()).facts).toHaveLength(1);
  });

  it('is refused when the policy is not the one that was planned on', () => {
    const planned = versionOf(documentOf(base()));
    expect(refusal(apply({}, planned))).toBe('nothing');
    expect(refusal(byHand, apply({}, planned))).toBe('CONFLICT');
    expect(refusal({ type: 'LabelTool', srv: NOTES, tool: 'x', label: 'read' }, apply({}, planned))).toBe(
      'CONFLICT',
    );
  });

  const rule = DOCUMENT.rules[0]!;
  it.each<[string, Partial<PolicyDocument>, string]>([
    ['an unknown server', { servers: { nowhere: { tools: {} } } }, 'INVALID_ARGUMENT'],
    ['an unknown server of a rule', { rules: [{ ...rule, servers: ['nowhere'] }] }, 'INVALID_ARGUMENT'],
    ['an unknown role', { rules: [{ ...rule, subjects: { roles: ['nobody'] } }] }, 'INVALID_ARGUMENT'],
    ['an unknown group', { groups: {} }, 'INVALID_ARGUMENT'],
    ['a group with an unknown role', { roles: {} }, 'INVALID_ARGUMENT'],
    ['a group of admins', { groups: { finance: { description: '', roles: ['admin'] } } }, 'INVALID_ARGUMENT'],
    ['a built-in role', { roles: { clerk: '', admin: 'me' } }, 'INVALID_ARGUMENT'],
    [
      'a condition that is none',
      { rules: [{ ...rule, when: { 'arguments.x': { $wat: 1 } } }] },
      'INVALID_ARGUMENT',
    ],
    ['a rule twice', { rules: [rule, rule] }, 'ALREADY_EXISTS'],
    ['a rule with the name of a guard', { rules: [{ ...rule, id: 'no-deletes' }] }, 'ALREADY_EXISTS'],
    ['a built-in rule', { rules: [{ ...rule, id: 'default-deny' }] }, 'INVALID_ARGUMENT'],
  ])('with %s is refused as a whole', (_what, change, code) => {
    expect(refusal(apply(change))).toBe(code);
  });

  it('copes with a tool that is called like the prototype', () => {
    const { state } = run(
      base(),
      { type: 'LabelTool', srv: NOTES, tool: '__proto__', label: 'read' },
      apply(),
    );
    expect(documentOf(state).servers[0]?.tools).toContainEqual({ tool: '__proto__', label: 'read' });
  });
});

describe('rolling back', () => {
  verifies('B7');
  const first = run(base(), apply()).state;
  const document = appliedOf(base(), apply());
  const restore = (change: Partial<StoredDocument> = {}): EngineCommand => ({
    type: 'RestorePolicy',
    version: first.version!,
    document: { ...document, ...change },
  });

  it('is a fact of its own, and brings the same rules and digest back', () => {
    const second = run(first, apply({ rules: [], guards: [] })).state;
    const { state, facts } = run(second, restore());
    expect(facts.map(({ type }) => type)).toEqual(['policy.PolicyRolledBack']);
    expect(state.version).toBe(first.version);
    expect(digestOf(state)).toBe(digestOf(first));
    expect(run(state, restore()).facts).toEqual([]);
  });

  it('takes no document but the one that the version names', () => {
    expect(errorOf(() => run(first, byHand, restore({ rules: [] })))).toBe('INTERNAL');
  });

  it('does not bring a server back', () => {
    const { state } = run(first, { type: 'RemoveServer', srv: NOTES }, restore());
    expect(state.servers.has(NOTES)).toBe(false);
    expect(state.tools.has(NOTES)).toBe(false);
  });
});

it('a version does not depend on the order in which a policy came about', () => {
  verifies('B7');
  const commands: EngineCommand[] = [
    { type: 'DefineRole', role: 'a', description: '' },
    { type: 'DefineRole', role: 'b', description: '' },
    { type: 'DefineGroup', group: 'g', description: '', roles: ['member'] },
    { type: 'LabelTool', srv: NOTES, tool: 'y', label: 'read' },
    { type: 'LabelTool', srv: NOTES, tool: 'x', label: 'read' },
    byHand,
  ];
  const wanted = versionOf(documentOf(run(base(), ...commands).state));
  fc.assert(
    fc.property(fc.shuffledSubarray(commands, { minLength: commands.length }), (shuffled) => {
      expect(versionOf(documentOf(run(base(), ...shuffled).state))).toBe(wanted);
    }),
  );
});

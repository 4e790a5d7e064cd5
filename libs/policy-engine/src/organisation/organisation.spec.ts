import { describe, expect, it } from '@jest/globals';
import type { Rule } from '@portcullis/contracts';
import { specify } from '@portcullis/eventing';
import fc from 'fast-check';
import { verifies } from '../../../../tools/verifies.js';
import type { Fact } from '../facts/facts.js';
import {
  ADMIN,
  BANK,
  BASE,
  MEMBER,
  NOTES,
  ORG,
  run,
  STRANGER,
  TIME,
  ulid,
} from '../testing/organisation-fixture.js';
import { decide, type CommandBatch, type EngineCommand } from './decide.js';
import { emptyCommandLog, hasCommand, withCommand } from './command-log.js';
import { evolve } from './evolve.js';
import { organisation } from './organisation.js';
import { initialState, rolesOf } from './state.js';

const given = specify(organisation);
const COMMAND = ulid('EEE', 1);
const said = { org: ORG, commandId: COMMAND, time: TIME, actor: { kind: 'user' as const, id: ADMIN } };
const batch = (...commands: EngineCommand[]): CommandBatch => ({ ...said, commands });
const existing = run(initialState, ...BASE).facts;
const fact = <T extends Fact['type']>(type: T, data: object): Fact =>
  ({ type, data: { ...said, ...data } }) as Fact;
const factsOf = (...commands: EngineCommand[]): Fact[] => [
  ...existing,
  ...run(existing.reduce(evolve, initialState), ...commands).facts,
];

const rule: Rule = {
  id: 'readers',
  effect: 'allow',
  subjects: { roles: ['member'] },
  servers: ['notes'],
  tools: ['*'],
  labels: ['read'],
};

describe('an organisation', () => {
  verifies('H2');
  it('begins with its founder, who is its admin', () => {
    given([])
      .when(batch({ type: 'RegisterOrganisation', org: ORG, founder: ADMIN, home: true }))
      .then([
        fact('policy.OrganisationRegistered', { founder: ADMIN, home: true }),
        fact('policy.MemberAdded', { user: ADMIN }),
        fact('policy.RoleGranted', { user: ADMIN, role: 'admin' }),
      ]);
  });
  it('is registered once', () => {
    given(existing)
      .when(batch({ type: 'RegisterOrganisation', org: ORG, founder: ADMIN, home: true }))
      .then([]);
    given(existing)
      .when(batch({ type: 'RegisterOrganisation', org: ORG, founder: MEMBER, home: true }))
      .thenError('ALREADY_EXISTS');
  });
  it('refuses to be registered under the id of another', () => {
    given([])
      .when(batch({ type: 'RegisterOrganisation', org: ulid('AAA', 2), founder: ADMIN, home: false }))
      .thenError('INVALID_ARGUMENT');
  });
  it('takes no command before it is registered', () => {
    given([])
      .when(batch({ type: 'AddMember', user: MEMBER }))
      .thenError('NOT_FOUND');
  });
  it('never loses its last admin', () => {
    given(existing)
      .when(batch({ type: 'RemoveMember', user: ADMIN }))
      .thenError('FAILED_PRECONDITION');
    given(existing)
      .when(batch({ type: 'RevokeRole', user: ADMIN, role: 'admin' }))
      .thenError('FAILED_PRECONDITION');
    given(factsOf({ type: 'GrantRole', user: MEMBER, role: 'admin' }))
      .when(batch({ type: 'RemoveMember', user: ADMIN }))
      .then([fact('policy.MemberRemoved', { user: ADMIN })]);
  });
});

describe('members and roles', () => {
  verifies('H2');
  it('who comes back after removal has no roles', () => {
    const facts = factsOf(
      { type: 'DefineRole', role: 'writer', description: '' },
      { type: 'GrantRole', user: MEMBER, role: 'writer' },
      { type: 'RemoveMember', user: MEMBER },
      { type: 'AddMember', user: MEMBER },
    );
    expect(rolesOf(facts.reduce(evolve, initialState), MEMBER)).toEqual(['member']);
  });
  it('roles go to members only', () => {
    given(existing)
      .when(batch({ type: 'GrantRole', user: STRANGER, role: 'admin' }))
      .thenError('NOT_FOUND');
    given(existing)
      .when(batch({ type: 'GrantRole', user: MEMBER, role: 'nobody' }))
      .thenError('NOT_FOUND');
    given(existing)
      .when(batch({ type: 'GrantRole', user: MEMBER, role: 'admin' }))
      .then([fact('policy.RoleGranted', { user: MEMBER, role: 'admin' })]);
  });
  it('built-in roles are nobody’s to change', () => {
    given(existing)
      .when(batch({ type: 'DefineRole', role: 'admin', description: 'x' }))
      .thenError('ALREADY_EXISTS');
    given(existing)
      .when(batch({ type: 'RemoveRole', role: 'member' }))
      .thenError('FAILED_PRECONDITION');
    given(existing)
      .when(batch({ type: 'RevokeRole', user: MEMBER, role: 'member' }))
      .thenError('FAILED_PRECONDITION');
  });
  it('a removed role is taken from its holders, but not from under a rule', () => {
    const facts = factsOf(
      { type: 'DefineRole', role: 'writer', description: '' },
      { type: 'GrantRole', user: MEMBER, role: 'writer' },
    );
    given(facts)
      .when(batch({ type: 'RemoveRole', role: 'writer' }))
      .then([
        fact('policy.RoleRevoked', { user: MEMBER, role: 'writer' }),
        fact('policy.RoleRemoved', { role: 'writer' }),
      ]);
    given(
      factsOf(
        { type: 'DefineRole', role: 'writer', description: '' },
        { type: 'AddRule', rule: { ...rule, subjects: { roles: ['writer'] } } },
      ),
    )
      .when(batch({ type: 'RemoveRole', role: 'writer' }))
      .thenError('FAILED_PRECONDITION');
  });
});

describe('rules', () => {
  it('are kept with server ids, so that a slug that moves takes no permission along', () => {
    given(existing)
      .when(batch({ type: 'AddRule', rule }))
      .then([fact('policy.RuleAdded', { rule: { ...rule, servers: [NOTES] } })]);
  });
  it.each<[string, Partial<Rule>]>([
    ['an unknown role', { subjects: { roles: ['nobody'] } }],
    ['an unknown user', { subjects: { users: [STRANGER] } }],
    ['nobody', { subjects: {} }],
    ['an unknown server', { servers: ['elsewhere'] }],
    ['an unknown operator', { when: { 'arguments.x': { $foo: 1 } } }],
    ['the name of a built-in rule', { id: 'default-deny' }],
  ])('for %s are refused', (_name, change) => {
    given(existing)
      .when(batch({ type: 'AddRule', rule: { ...rule, ...change } }))
      .thenError('INVALID_ARGUMENT');
  });
  it('are replaced by removing and adding in one batch', () => {
    const other = { ...rule, labels: ['write' as const] };
    const facts = factsOf({ type: 'AddRule', rule });
    given(facts)
      .when(batch({ type: 'AddRule', rule }))
      .then([]);
    given(facts)
      .when(batch({ type: 'AddRule', rule: other }))
      .thenError('ALREADY_EXISTS');
    given(facts)
      .when(batch({ type: 'RemoveRule', rule: rule.id }, { type: 'AddRule', rule: other }))
      .then([
        fact('policy.RuleRemoved', { rule: rule.id }),
        fact('policy.RuleAdded', { rule: { ...other, servers: [NOTES] } }),
      ]);
  });
});

describe('servers and tools', () => {
  it('a slug belongs to one server', () => {
    const server = { srv: ulid('CCC', 3), slug: 'notes', dst: 'https://x.example', slots: [] };
    given(existing)
      .when(batch({ type: 'ConnectServer', ...server }))
      .thenError('ALREADY_EXISTS');
    given(existing)
      .when(batch({ type: 'ChangeServer', ...server, srv: BANK }))
      .thenError('ALREADY_EXISTS');
    given(existing)
      .when(batch({ type: 'ChangeServer', ...server, slug: 'other' }))
      .thenError('NOT_FOUND');
  });
  it('labels and switches are for tools of connected servers', () => {
    const srv = ulid('CCC', 3);
    given(existing)
      .when(batch({ type: 'LabelTool', srv, tool: 'x', label: 'read' }))
      .thenError('NOT_FOUND');
    given(existing)
      .when(batch({ type: 'DisableTool', srv, tool: 'x', user: null }))
      .thenError('NOT_FOUND');
    given(existing)
      .when(batch({ type: 'LabelTool', srv: NOTES, tool: 'list_notes', label: 'read' }))
      .then([]);
    given(existing)
      .when(batch({ type: 'LabelTool', srv: NOTES, tool: 'list_notes', label: null }))
      .then([fact('policy.ToolLabelled', { srv: NOTES, tool: 'list_notes', label: null })]);
  });
  it('a server that is removed takes its labels along', () => {
    const state = factsOf({ type: 'RemoveServer', srv: NOTES }).reduce(evolve, initialState);
    expect(state.tools.has(NOTES)).toBe(false);
    expect(state.tools.has(BANK)).toBe(true);
  });
  it('a slot is named once', () => {
    const slots = [
      { slot: 'token', owner: 'user' as const },
      { slot: 'token', owner: 'organisation' as const },
    ];
    given(existing)
      .when(batch({ type: 'ConnectServer', srv: ulid('CCC', 3), slug: 'x', dst: 'https://x.example', slots }))
      .thenError('INVALID_ARGUMENT');
  });
});

describe('credentials', () => {
  it('are revoked up to a generation, never back', () => {
    const facts = factsOf({ type: 'RevokeCredential', sid: 'key', generation: 3 });
    given(facts)
      .when(batch({ type: 'RevokeCredential', sid: 'key', generation: 2 }))
      .then([]);
    given(facts)
      .when(batch({ type: 'RevokeCredential', sid: 'key', generation: 4 }))
      .then([fact('policy.CredentialRevoked', { sid: 'key', generation: 4 })]);
  });
  it('of a policy client get a new generation when it comes back', () => {
    const client = ulid('FFF', 1);
    const facts = factsOf(
      { type: 'AddPolicyClient', client, name: 'ci' },
      { type: 'RevokePolicyClient', client },
    );
    given(facts)
      .when(batch({ type: 'AddPolicyClient', client, name: 'ci' }))
      .then([fact('policy.PolicyClientAdded', { client, name: 'ci', generation: 2 })]);
    given(facts)
      .when(batch({ type: 'RevokePolicyClient', client }))
      .then([]);
  });
});

describe('batches', () => {
  it('are taken once by their id', () => {
    const batchOfOne = batch({ type: 'AddMember', user: STRANGER });
    const facts = [...existing, ...decide(batchOfOne, existing.reduce(evolve, initialState))];
    given(facts)
      .when(batch({ type: 'RemoveMember', user: STRANGER }))
      .then([]);
  });
  it('are all or nothing', () => {
    given(existing)
      .when(
        batch({ type: 'AddMember', user: STRANGER }, { type: 'GrantRole', user: STRANGER, role: 'nobody' }),
      )
      .thenError('NOT_FOUND');
  });
  it('see what the earlier commands of the batch did', () => {
    given(existing)
      .when(
        batch({ type: 'AddMember', user: STRANGER }, { type: 'GrantRole', user: STRANGER, role: 'admin' }),
      )
      .then([
        fact('policy.MemberAdded', { user: STRANGER }),
        fact('policy.RoleGranted', { user: STRANGER, role: 'admin' }),
      ]);
  });
  it('are remembered however many there are', () => {
    const ids = fc.array(fc.uuid(), { maxLength: 900 });
    fc.assert(
      fc.property(ids, fc.uuid(), (known, other) => {
        const log = known.reduce(withCommand, emptyCommandLog);
        expect(known.every((id) => hasCommand(log, id))).toBe(true);
        expect(hasCommand(log, other)).toBe(known.includes(other));
      }),
      { numRuns: 20 },
    );
  });
});

describe('who commands', () => {
  verifies('H2');
  it('is an admin, on the very state that is decided on', () => {
    const by = (id: string | null): CommandBatch => ({
      ...batch({ type: 'AddMember', user: STRANGER }),
      actor: { kind: 'user', id },
    });
    given(existing).when(by(MEMBER)).thenError('DENIED_BY_POLICY');
    given(existing).when(by(STRANGER)).thenError('DENIED_BY_POLICY');
    given(existing).when(by(null)).thenError('DENIED_BY_POLICY');
    const replaced = factsOf(
      { type: 'GrantRole', user: MEMBER, role: 'admin' },
      { type: 'RevokeRole', user: ADMIN, role: 'admin' },
    );
    given(replaced).when(by(ADMIN)).thenError('DENIED_BY_POLICY');
    given(replaced)
      .when(by(MEMBER))
      .then([
        {
          type: 'policy.MemberAdded',
          data: { ...said, actor: { kind: 'user', id: MEMBER }, user: STRANGER },
        },
      ]);
  });
});

import { describe, expect, it } from '@jest/globals';
import { verifies } from '../../../../tools/verifies.js';
import type { EngineCommand } from './decide.js';
import { base, MEMBER, run, STRANGER } from '../testing/organisation-fixture.js';
import { errorOf } from '../testing/error-of.js';
import { groupsOf, isAdmin, rolesOf, type PolicyState } from './state.js';

const FINANCE: EngineCommand[] = [
  { type: 'DefineRole', role: 'clerk', description: '' },
  { type: 'DefineGroup', group: 'finance', description: 'Handles money.', roles: ['clerk'] },
  { type: 'AddGroupMember', group: 'finance', user: MEMBER },
];
const after = (...commands: EngineCommand[]): PolicyState => run(base(), ...FINANCE, ...commands).state;
const refusal = (...commands: EngineCommand[]): string => errorOf(() => after(...commands));
const define = (roles: string[]): EngineCommand => ({
  type: 'DefineGroup',
  group: 'finance',
  description: 'Handles money.',
  roles,
});

describe('a group', () => {
  verifies('H2');
  it('brings its roles to its members, as long as they are in it', () => {
    expect(groupsOf(after(), MEMBER)).toEqual(['finance']);
    expect(rolesOf(after(), MEMBER)).toEqual(['clerk', 'member']);
    const left = after({ type: 'RemoveGroupMember', group: 'finance', user: MEMBER });
    expect(rolesOf(left, MEMBER)).toEqual(['member']);
    expect(rolesOf(after({ type: 'RemoveGroup', group: 'finance' }), MEMBER)).toEqual(['member']);
    expect(rolesOf(after(define([])), MEMBER)).toEqual(['member']);
  });
  it('is left by whoever leaves the organisation', () => {
    const back = after({ type: 'RemoveMember', user: MEMBER }, { type: 'AddMember', user: MEMBER });
    expect(groupsOf(back, MEMBER)).toEqual([]);
    expect(rolesOf(back, MEMBER)).toEqual(['member']);
  });
  it('appoints no admin', () => {
    expect(refusal(define(['admin']))).toBe('INVALID_ARGUMENT');
    expect(isAdmin(after(), MEMBER)).toBe(false);
  });
  it('brings and takes only what exists', () => {
    expect(refusal(define(['no-such-role']))).toBe('INVALID_ARGUMENT');
    expect(refusal({ type: 'AddGroupMember', group: 'finance', user: STRANGER })).toBe('NOT_FOUND');
    expect(refusal({ type: 'AddGroupMember', group: 'nobody', user: MEMBER })).toBe('NOT_FOUND');
  });
  it('stays as long as a rule names it, and its roles as long as it brings them', () => {
    const rule = {
      id: 'money',
      effect: 'allow' as const,
      subjects: { groups: ['finance'] },
      servers: ['*'],
      tools: ['*'],
    };
    expect(refusal({ type: 'AddRule', rule }, { type: 'RemoveGroup', group: 'finance' })).toBe(
      'FAILED_PRECONDITION',
    );
    expect(refusal({ type: 'RemoveRole', role: 'clerk' })).toBe('FAILED_PRECONDITION');
  });
  it('is not changed by what is so already', () => {
    const again = run(after(), ...FINANCE);
    expect(again.facts).toEqual([]);
  });
});

import { isDeepStrictEqual } from 'node:util';
import { AppError } from '@portcullis/contracts';
import type { Decider } from './decide.js';
import { hasRole, type Group, type PolicyState } from './state.js';

/** One organisation's groups; more would be a mistake in a generator. */
const MAX_GROUPS = 1_000;

/** @throws AppError NOT_FOUND */
export function requireGroup(state: PolicyState, group: string): Group {
  const known = state.groups.get(group);
  if (known === undefined) throw new AppError('NOT_FOUND', `There is no group "${group}".`);
  return known;
}

/** What a group brings must exist, and `admin` is granted to people one by one. */
export function requireGroupRoles(state: Pick<PolicyState, 'roles'>, roles: readonly string[]): void {
  const unknown = roles.find((role) => !hasRole(state, role));
  if (unknown !== undefined) throw new AppError('INVALID_ARGUMENT', `There is no role "${unknown}".`);
  if (roles.includes('admin')) {
    throw new AppError(
      'INVALID_ARGUMENT',
      'A group can not bring the role "admin": grant it to each person.',
    );
  }
}

const defineGroup: Decider<'DefineGroup'> = ({ group, description, roles }, state) => {
  requireGroupRoles(state, roles);
  const wanted: Group = { description, roles: new Set(roles) };
  const known = state.groups.get(group);
  if (known === undefined && state.groups.size >= MAX_GROUPS)
    throw new AppError('FAILED_PRECONDITION', `There are ${MAX_GROUPS} groups already.`);
  if (isDeepStrictEqual(known, wanted)) return [];
  return [{ type: 'policy.GroupDefined', data: { group, description, roles: [...wanted.roles].sort() } }];
};

const removeGroup: Decider<'RemoveGroup'> = ({ group }, state) => {
  if (!state.groups.has(group)) return [];
  const rule = [...state.rules.values()].find(
    ({ subjects, approval }) => subjects.groups?.includes(group) || approval?.groups?.includes(group),
  );
  if (rule !== undefined)
    throw new AppError('FAILED_PRECONDITION', `Rule "${rule.id}" still names the group.`);
  return [{ type: 'policy.GroupRemoved', data: { group } }];
};

const addGroupMember: Decider<'AddGroupMember'> = ({ group, user }, state) => {
  requireGroup(state, group);
  const member = state.members.get(user);
  if (member === undefined) throw new AppError('NOT_FOUND', 'The user is not a member of the organisation.');
  return member.groups.has(group) ? [] : [{ type: 'policy.GroupMemberAdded', data: { group, user } }];
};

const removeGroupMember: Decider<'RemoveGroupMember'> = ({ group, user }, state) => {
  requireGroup(state, group);
  const isIn = state.members.get(user)?.groups.has(group) ?? false;
  return isIn ? [{ type: 'policy.GroupMemberRemoved', data: { group, user } }] : [];
};

export const groupDeciders = {
  DefineGroup: defineGroup,
  RemoveGroup: removeGroup,
  AddGroupMember: addGroupMember,
  RemoveGroupMember: removeGroupMember,
};

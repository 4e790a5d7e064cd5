import { AppError } from '@portcullis/contracts';
import type { Decider } from './decide.js';
import { BUILTIN_ROLES, hasRole, type PolicyState } from './state.js';

/** An organisation without an admin could never be changed again. */
function requireAnotherAdmin(state: PolicyState, user: string): void {
  const admins = [...state.members].filter(([, member]) => member.roles.has('admin'));
  if (admins.length === 1 && admins[0]![0] === user) {
    throw new AppError(
      'FAILED_PRECONDITION',
      'This is the last admin of the organisation: appoint another one first.',
    );
  }
}

function requireMember(state: PolicyState, user: string): ReadonlySet<string> {
  const member = state.members.get(user);
  if (member === undefined) throw new AppError('NOT_FOUND', 'The user is not a member of the organisation.');
  return member.roles;
}

const registerOrganisation: Decider<'RegisterOrganisation'> = ({ founder, home }, state) => {
  if (state.org !== null) {
    if (state.founder === founder && state.home === home) return [];
    throw new AppError('ALREADY_EXISTS', 'The organisation is registered already.');
  }
  return [
    { type: 'policy.OrganisationRegistered', data: { founder, home } },
    { type: 'policy.MemberAdded', data: { user: founder } },
    { type: 'policy.RoleGranted', data: { user: founder, role: 'admin' } },
  ];
};

const addMember: Decider<'AddMember'> = ({ user }, state) =>
  state.members.has(user) ? [] : [{ type: 'policy.MemberAdded', data: { user } }];

const removeMember: Decider<'RemoveMember'> = ({ user }, state) => {
  if (!state.members.has(user)) return [];
  requireAnotherAdmin(state, user);
  return [{ type: 'policy.MemberRemoved', data: { user } }];
};

const defineRole: Decider<'DefineRole'> = ({ role, description }, state) => {
  if (BUILTIN_ROLES.has(role)) throw new AppError('ALREADY_EXISTS', `"${role}" is a built-in role.`);
  return state.roles.get(role) === description
    ? []
    : [{ type: 'policy.RoleDefined', data: { role, description } }];
};

const removeRole: Decider<'RemoveRole'> = ({ role }, state) => {
  if (BUILTIN_ROLES.has(role)) throw new AppError('FAILED_PRECONDITION', `"${role}" is a built-in role.`);
  if (!state.roles.has(role)) return [];
  const rule = [...state.rules.values()].find(
    ({ subjects, approval }) => subjects.roles?.includes(role) || approval?.roles?.includes(role),
  );
  if (rule !== undefined)
    throw new AppError('FAILED_PRECONDITION', `Rule "${rule.id}" still names the role.`);
  const group = [...state.groups].find(([, { roles }]) => roles.has(role))?.[0];
  if (group !== undefined)
    throw new AppError('FAILED_PRECONDITION', `Group "${group}" still brings the role.`);
  const holders = [...state.members].filter(([, member]) => member.roles.has(role)).map(([user]) => user);
  return [
    ...holders.map((user) => ({ type: 'policy.RoleRevoked' as const, data: { user, role } })),
    { type: 'policy.RoleRemoved', data: { role } },
  ];
};

const grantRole: Decider<'GrantRole'> = ({ user, role }, state) => {
  const roles = requireMember(state, user);
  if (!hasRole(state, role)) throw new AppError('NOT_FOUND', `There is no role "${role}".`);
  return role === 'member' || roles.has(role) ? [] : [{ type: 'policy.RoleGranted', data: { user, role } }];
};

const revokeRole: Decider<'RevokeRole'> = ({ user, role }, state) => {
  if (role === 'member')
    throw new AppError('FAILED_PRECONDITION', 'Every member holds "member": remove the member instead.');
  if (!requireMember(state, user).has(role)) return [];
  if (role === 'admin') requireAnotherAdmin(state, user);
  return [{ type: 'policy.RoleRevoked', data: { user, role } }];
};

export const membershipDeciders = {
  RegisterOrganisation: registerOrganisation,
  AddMember: addMember,
  RemoveMember: removeMember,
  DefineRole: defineRole,
  RemoveRole: removeRole,
  GrantRole: grantRole,
  RevokeRole: revokeRole,
};

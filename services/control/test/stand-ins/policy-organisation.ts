import { AppError, type PolicyCommand, type PolicyState } from '@portcullis/contracts';

export const TIME = '2026-01-01T00:00:00.000Z';

export interface Organisation {
  home: boolean;
  members: Map<string, Set<string>>;
  revoked: Map<string, number>;
  roles: Map<string, string>;
  groups: Map<string, PolicyState['groups'][number] & { members: Set<string> }>;
  rules: PolicyState['rules'];
  servers: Map<string, Omit<PolicyState['servers'][number], 'pinning'>>;
  pinning: Map<string, PolicyState['servers'][number]['pinning']>;
  definitions: PolicyState['definitions'];
  labels: PolicyState['labels'];
  disabled: PolicyState['disabled'];
  clients: PolicyState['clients'];
  revision: number;
  commands: Set<string>;
}

type Appliers = {
  [T in PolicyCommand['type']]?: (
    organisation: Organisation,
    command: Extract<PolicyCommand, { type: T }>,
  ) => void;
};

const APPLIERS: Appliers = {
  AddMember: ({ members }, { user }) => void members.set(user, new Set()),
  RemoveMember: ({ members }, { user }) => {
    if (isLastAdmin(members, user)) throw new AppError('FAILED_PRECONDITION', 'This is the last admin.');
    members.delete(user);
  },
  RevokeCredential: ({ revoked }, { sid, generation }) =>
    void revoked.set(sid, Math.max(revoked.get(sid) ?? 0, generation)),
  GrantRole: ({ members }, { user, role }) => void requireMember(members, user).add(role),
  RevokeRole: ({ members }, { user, role }) => void requireMember(members, user).delete(role),
  ConnectServer: ({ servers }, { srv, slug, dst, slots }) => void servers.set(srv, { srv, slug, dst, slots }),
  ChangeServer: ({ servers }, { srv, slug, dst, slots }) => {
    if (!servers.has(srv)) throw new AppError('NOT_FOUND', 'Not connected.');
    servers.set(srv, { srv, slug, dst, slots });
  },
  RemoveServer: ({ servers }, { srv }) => void servers.delete(srv),
  DefineRole: ({ roles }, { role, description }) => void roles.set(role, description),
  RemoveRole: ({ roles }, { role }) => void roles.delete(role),
  DefineGroup: ({ groups }, { group, description, roles }) =>
    void groups.set(group, { group, description, roles, members: groups.get(group)?.members ?? new Set() }),
  RemoveGroup: ({ groups }, { group }) => void groups.delete(group),
  AddGroupMember: ({ groups }, { group, user }) => void groups.get(group)?.members.add(user),
  RemoveGroupMember: ({ groups }, { group, user }) => void groups.get(group)?.members.delete(user),
  AddRule: ({ rules }, { rule }) => void rules.push(rule),
  RemoveRule: (organisation, { rule }) => {
    organisation.rules = organisation.rules.filter(({ id }) => id !== rule);
  },
  AddPolicyClient: ({ clients }, { client, name }) => void clients.push({ client, name, since: TIME }),
  RevokePolicyClient: (organisation, { client }) => {
    organisation.clients = organisation.clients.filter((one) => one.client !== client);
  },
  DisableTool: ({ disabled }, { srv, tool, user }) => void disabled.push({ srv, tool, user }),
  EnableTool: (organisation, { tool, user }) => {
    organisation.disabled = organisation.disabled.filter((one) => one.tool !== tool || one.user !== user);
  },
  SetPinning: ({ pinning }, { srv, pinning: how }) => void pinning.set(srv, how),
  ApproveToolDefinition: (organisation, { srv, tool, digest }) => {
    organisation.definitions = organisation.definitions.map((one) =>
      one.srv === srv && one.tool === tool ? { ...one, pinned: digest } : one,
    );
  },
  LabelTool: (organisation, { srv, tool, label }) => {
    const others = organisation.labels.filter((one) => one.srv !== srv || one.tool !== tool);
    organisation.labels = label === null ? others : [...others, { srv, tool, label }];
  },
};

export function applyCommand(organisation: Organisation, command: PolicyCommand): void {
  const apply = APPLIERS[command.type] as ((to: Organisation, command: PolicyCommand) => void) | undefined;
  apply?.(organisation, command);
}

function requireMember(members: Organisation['members'], user: string): Set<string> {
  const roles = members.get(user);
  if (roles === undefined) throw new AppError('NOT_FOUND', 'The user is not a member of the organisation.');
  return roles;
}

function isLastAdmin(members: Organisation['members'], user: string): boolean {
  const admins = [...members].filter(([, roles]) => roles.has('admin'));
  return admins.length === 1 && admins[0]?.[0] === user;
}

export const newOrganisation = ({ founder, home }: { founder: string; home: boolean }): Organisation => ({
  home,
  members: new Map([[founder, new Set(['admin'])]]),
  revoked: new Map(),
  roles: new Map([['admin', 'Administers']]),
  groups: new Map(),
  rules: [],
  servers: new Map(),
  pinning: new Map(),
  definitions: [],
  labels: [],
  disabled: [],
  clients: [],
  revision: 0,
  commands: new Set(),
});

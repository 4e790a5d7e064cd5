import type { Fact, FactData, FactOf, FactType } from '../facts/facts.js';
import type { StoredDocument } from '../facts/fields.js';
import { approvalEvolvers } from './approvals.js';
import { withCommand } from './command-log.js';
import type { Group, Member, Pinning, PolicyState, Server, Tool } from './state.js';

type Evolvers = { [T in FactType]: (state: PolicyState, data: FactData<T>) => Partial<PolicyState> };

function put<K, V>(map: ReadonlyMap<K, V>, key: K, value: V): ReadonlyMap<K, V> {
  return new Map(map).set(key, value);
}

function drop<K, V>(map: ReadonlyMap<K, V>, key: K): ReadonlyMap<K, V> {
  if (!map.has(key)) return map;
  const copy = new Map(map);
  copy.delete(key);
  return copy;
}

function withRoles(
  state: PolicyState,
  user: string,
  change: (roles: Set<string>) => void,
): Partial<PolicyState> {
  const member = state.members.get(user);
  if (member === undefined) return {};
  const roles = new Set(member.roles);
  change(roles);
  return { members: put<string, Member>(state.members, user, { ...member, roles }) };
}

function withGroup(
  state: PolicyState,
  user: string,
  change: (groups: Set<string>) => void,
): Partial<PolicyState> {
  const member = state.members.get(user);
  if (member === undefined) return {};
  const groups = new Set(member.groups);
  change(groups);
  return { members: put<string, Member>(state.members, user, { ...member, groups }) };
}

function withoutGroup(state: PolicyState, group: string): Partial<PolicyState> {
  const members = new Map(state.members);
  for (const [user, member] of members) {
    if (!member.groups.has(group)) continue;
    const groups = new Set(member.groups);
    groups.delete(group);
    members.set(user, { ...member, groups });
  }
  return { groups: drop(state.groups, group), members, version: null };
}

const UNSEEN: Tool = {
  label: null,
  disabledForAll: false,
  disabledFor: new Set(),
  pinned: null,
  seen: null,
};

function withTool(
  state: PolicyState,
  srv: string,
  tool: string,
  change: (tool: Tool) => Tool,
): Partial<PolicyState> {
  const tools = state.tools.get(srv) ?? new Map<string, Tool>();
  return { tools: put(state.tools, srv, put(tools, tool, change(tools.get(tool) ?? UNSEEN))) };
}

function withSwitch(
  state: PolicyState,
  data: FactData<'policy.ToolDisabled'>,
  off: boolean,
): Partial<PolicyState> {
  const { user } = data;
  return withTool(state, data.srv, data.tool, (tool) => {
    if (user === null) return { ...tool, disabledForAll: off };
    const disabledFor = new Set(tool.disabledFor);
    if (off) disabledFor.add(user);
    else disabledFor.delete(user);
    return { ...tool, disabledFor };
  });
}

/** Whoever trusts the first sight trusts what has been seen so far. */
function pinnedUnder(pinning: Pinning, tools: ReadonlyMap<string, Tool>): ReadonlyMap<string, Tool> {
  if (pinning !== 'first_sight') return tools;
  return new Map(
    [...tools].map(([name, tool]) => {
      const { seen, pinned } = tool;
      if (pinned !== null || seen === null) return [name, tool];
      return [name, { ...tool, pinned: { digest: seen.digest, definition: seen.definition } }];
    }),
  );
}

function applyDocument(
  state: PolicyState,
  { version, document }: FactData<'policy.PolicyApplied'>,
): Partial<PolicyState> {
  const groups = new Map(state.groups);
  for (const [group, { description, roles }] of Object.entries(document.groups))
    groups.set(group, { description, roles: new Set(roles) });
  return {
    roles: new Map([...state.roles, ...Object.entries(document.roles)]),
    groups,
    rules: new Map(document.rules.map((rule) => [rule.id, rule])),
    ...applyServers(state, document.servers),
    version,
  };
}

/** A server that is gone stays gone, whatever a document from before says of it. */
function applyServers(
  state: PolicyState,
  said: StoredDocument['servers'],
): Pick<PolicyState, 'servers' | 'tools'> {
  const servers = new Map(state.servers);
  const tools = new Map(state.tools);
  for (const { srv, pinning, tools: labels } of said) {
    const server = servers.get(srv);
    if (server === undefined) continue;
    servers.set(srv, { ...server, pinning });
    const known = new Map(tools.get(srv));
    for (const { tool, label } of labels) known.set(tool, { ...(known.get(tool) ?? UNSEEN), label });
    tools.set(srv, pinnedUnder(pinning, known));
  }
  return { servers, tools };
}

const EVOLVERS: Evolvers = {
  ...approvalEvolvers,
  'policy.OrganisationRegistered': (_state, { org, founder, home }) => ({ org, founder, home }),
  'policy.MemberAdded': (state, { user, time }) => ({
    members: put<string, Member>(state.members, user, { since: time, roles: new Set(), groups: new Set() }),
  }),
  'policy.MemberRemoved': (state, { user }) => ({ members: drop(state.members, user) }),
  'policy.CredentialRevoked': (state, { sid, generation }) => ({
    revoked: put(state.revoked, sid, Math.max(generation, state.revoked.get(sid) ?? 0)),
  }),
  'policy.RoleDefined': (state, { role, description }) => ({
    roles: put(state.roles, role, description),
    version: null,
  }),
  'policy.RoleRemoved': (state, { role }) => ({ roles: drop(state.roles, role), version: null }),
  'policy.RoleGranted': (state, { user, role }) => withRoles(state, user, (roles) => roles.add(role)),
  'policy.RoleRevoked': (state, { user, role }) => withRoles(state, user, (roles) => roles.delete(role)),
  'policy.GroupDefined': (state, { group, description, roles }) => ({
    groups: put<string, Group>(state.groups, group, { description, roles: new Set(roles) }),
    version: null,
  }),
  'policy.GroupRemoved': (state, { group }) => withoutGroup(state, group),
  'policy.GroupMemberAdded': (state, { group, user }) =>
    withGroup(state, user, (groups) => groups.add(group)),
  'policy.GroupMemberRemoved': (state, { group, user }) =>
    withGroup(state, user, (groups) => groups.delete(group)),
  'policy.RuleAdded': (state, { rule }) => ({
    rules: put(state.rules, rule.id, rule),
    version: null,
  }),
  'policy.RuleRemoved': (state, { rule }) => ({ rules: drop(state.rules, rule), version: null }),
  'policy.ServerConnected': (state, { srv, slug, dst, slots }) => ({
    servers: put<string, Server>(state.servers, srv, { srv, slug, dst, slots, pinning: 'first_sight' }),
    version: null,
  }),
  'policy.ServerChanged': (state, { srv, slug, dst, slots }) => ({
    servers: put<string, Server>(state.servers, srv, {
      srv,
      slug,
      dst,
      slots,
      pinning: state.servers.get(srv)?.pinning ?? 'first_sight',
    }),
  }),
  'policy.PinningChanged': (state, { srv, pinning }) => {
    const server = state.servers.get(srv);
    if (server === undefined) return {};
    const known = state.tools.get(srv);
    return {
      servers: put(state.servers, srv, { ...server, pinning }),
      tools: known === undefined ? state.tools : put(state.tools, srv, pinnedUnder(pinning, known)),
      version: null,
    };
  },
  'policy.ServerRemoved': (state, { srv }) => ({
    servers: drop(state.servers, srv),
    tools: drop(state.tools, srv),
    version: null,
  }),
  'policy.ToolLabelled': (state, { srv, tool, label }) => ({
    ...withTool(state, srv, tool, (t) => ({ ...t, label })),
    version: null,
  }),
  'policy.PolicyApplied': applyDocument,
  'policy.PolicyRolledBack': applyDocument,
  'policy.ToolDefinitionSeen': (state, { srv, tool, digest, definition, time }) => {
    const trusted = state.servers.get(srv)?.pinning === 'first_sight';
    const shown = { digest, definition };
    return withTool(state, srv, tool, (t) => ({
      ...t,
      seen: { ...shown, at: time },
      pinned: t.pinned === null && trusted ? shown : t.pinned,
    }));
  },
  'policy.ToolDefinitionApproved': (state, { srv, tool, digest }) =>
    withTool(state, srv, tool, (t) =>
      t.seen?.digest === digest ? { ...t, pinned: { digest, definition: t.seen.definition } } : t,
    ),
  'policy.ToolDisabled': (state, data) => withSwitch(state, data, true),
  'policy.ToolEnabled': (state, data) => withSwitch(state, data, false),
  'policy.PolicyClientAdded': (state, { client, name, generation, time, commandId }) => ({
    clients: put(state.clients, client, {
      client,
      name,
      since: time,
      generation,
      active: true,
      addedBy: commandId,
    }),
  }),
  'policy.PolicyClientRevoked': (state, { client }) => {
    const known = state.clients.get(client);
    return known === undefined ? {} : { clients: put(state.clients, client, { ...known, active: false }) };
  },
};

/** Total: whatever order facts come in, this gives a state. Whether they may come so is {@link decide}'s business. */
export function evolve(state: PolicyState, fact: Fact): PolicyState {
  const change = evolveOne(state, fact);
  const { time } = fact.data;
  return { ...state, ...change, time, commands: withCommand(state.commands, fact.data.commandId) };
}

function evolveOne<T extends FactType>(state: PolicyState, fact: FactOf<T>): Partial<PolicyState> {
  const evolver = EVOLVERS[fact.type as T] as (state: PolicyState, data: FactData<T>) => Partial<PolicyState>;
  return evolver(state, fact.data as FactData<T>);
}

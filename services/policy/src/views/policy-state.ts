import type { PolicyState as PolicyStateMessage, Rule } from '@portcullis/contracts';
import {
  BUILTIN_ROLES,
  documentOf,
  groupsOf,
  rolesOf,
  type PolicyState,
  type Snapshot,
  type StoredRule,
  versionOf,
} from '@portcullis/policy-engine';

/** The policy as an admin reads and writes it: rules with slugs again, built-in roles among the others. */
export function describePolicy({ state, revision, digest }: Snapshot): PolicyStateMessage {
  return {
    revision,
    policyDigest: digest,
    version: versionOf(documentOf(state)),
    members: [...state.members].map(([user, { since }]) => ({
      user,
      roles: rolesOf(state, user),
      groups: groupsOf(state, user),
      since,
    })),
    groups: [...state.groups].map(([group, { description, roles }]) => ({
      group,
      description,
      roles: [...roles],
    })),
    roles: [
      ...[...BUILTIN_ROLES].map(([role, description]) => ({ role, description, builtin: true })),
      ...[...state.roles].map(([role, description]) => ({ role, description, builtin: false })),
    ],
    rules: [...state.rules.values()].flatMap((rule) => describeRule(rule, state)),
    servers: [...state.servers.values()].map((server) => ({ ...server, slots: [...server.slots] })),
    ...describeTools(state),
    clients: [...state.clients.values()]
      .filter(({ active }) => active)
      .map(({ client, name, since }) => ({ client, name, since })),
  };
}

/** A rule whose servers are all gone can match nothing and has no slug to show. */
function describeRule(rule: StoredRule, state: PolicyState): Rule[] {
  const servers = rule.servers.flatMap((srv) => (srv === '*' ? ['*'] : (state.servers.get(srv)?.slug ?? [])));
  return servers.length === 0 ? [] : [{ ...rule, servers }];
}

function describeTools(state: PolicyState): Pick<PolicyStateMessage, 'labels' | 'disabled' | 'definitions'> {
  const tools = [...state.tools].flatMap(([srv, known]) =>
    [...known].map(([tool, said]) => ({ srv, tool, ...said })),
  );
  return {
    labels: tools.flatMap(({ srv, tool, label }) => (label === null ? [] : [{ srv, tool, label }])),
    disabled: tools.flatMap(({ srv, tool, disabledForAll, disabledFor }) =>
      [...(disabledForAll ? [null] : []), ...disabledFor].map((user) => ({ srv, tool, user })),
    ),
    definitions: tools
      .filter(({ seen }) => seen !== null)
      .map(({ srv, tool, pinned, seen }) => ({
        srv,
        tool,
        pinned: pinned?.digest ?? null,
        seen: seen?.digest ?? null,
      })),
  };
}

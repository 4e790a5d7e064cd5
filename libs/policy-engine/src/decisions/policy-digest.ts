import { b64u, canonicalBytes, sha256 } from '@portcullis/contracts';
import type { PolicyState } from '../organisation/state.js';

const byKey = <V>(map: ReadonlyMap<string, V>): [string, V][] =>
  [...map].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));

/** Everything that a decision can depend on, in one order: the same policy gives the same bytes whatever led to it. */
function canonicalPolicy(state: PolicyState): unknown {
  return {
    v: 2,
    org: state.org,
    home: state.home,
    members: byKey(state.members).map(([user, { roles, groups }]) => ({
      user,
      roles: [...roles].sort(),
      groups: [...groups].sort(),
    })),
    revoked: byKey(state.revoked).map(([sid, generation]) => ({ sid, generation })),
    roles: byKey(state.roles).map(([role]) => role),
    groups: byKey(state.groups).map(([group, { roles }]) => ({ group, roles: [...roles].sort() })),
    rules: byKey(state.rules).map(([, rule]) => rule),
    servers: byKey(state.servers).map(([, server]) => server),
    tools: byKey(state.tools).map(([srv, tools]) => ({
      srv,
      tools: byKey(tools).map(([tool, { label, disabledForAll, disabledFor, pinned, seen }]) => ({
        tool,
        label,
        disabledForAll,
        disabledFor: [...disabledFor].sort(),
        pinned: pinned?.digest ?? null,
        seen: seen?.digest ?? null,
      })),
    })),
    approvals: byKey(state.approvals).map(([approval, { status }]) => ({ approval, status })),
    clients: byKey(state.clients).map(([client, { generation, active }]) => ({ client, generation, active })),
  };
}

/** SHA-256 of the RFC 8785 bytes of {@link canonicalPolicy}, base64url. */
export const digestOf = (state: PolicyState): string =>
  b64u(sha256('portcullis/v1/policy\0', canonicalBytes(canonicalPolicy(state))));

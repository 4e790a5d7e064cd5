import { b64u, canonicalBytes, canonicalJson, sha256 } from '@portcullis/contracts';
import type {
  Approval,
  Group,
  Member,
  PolicyClient,
  PolicyState,
  Server,
  Tool,
} from '../organisation/state.js';
import type { StoredRule } from '../facts/fields.js';

/**
 * The digest of one map of the state: SHA-256, base64url, of the RFC 8785 bytes of the list of its entries, in the order
 * of their keys. Maps and values are immutable, so both are known by their identity: a change costs what it has changed,
 * not the whole policy.
 */
function sectionOf<V>(describe: (key: string, value: V) => unknown): (map: ReadonlyMap<string, V>) => string {
  const digests = new WeakMap<ReadonlyMap<string, V>, string>();
  const textOf = remembering(describe);
  return (map) => {
    const known = digests.get(map);
    if (known !== undefined) return known;
    const texts = [...map.keys()].sort().map((key) => textOf(key, map.get(key)!));
    const digest = b64u(sha256('portcullis/v1/policy-section\0', `[${texts.join(',')}]`));
    digests.set(map, digest);
    return digest;
  };
}

/** Canonical JSON of an entry. A value may stand under several keys; the last one is remembered. */
function remembering<V>(describe: (key: string, value: V) => unknown): (key: string, value: V) => string {
  const texts = new WeakMap<object, { key: string; text: string }>();
  return (key, value) => {
    const known = typeof value === 'object' && value !== null ? texts.get(value) : undefined;
    if (known?.key === key) return known.text;
    const text = canonicalJson(describe(key, value));
    if (typeof value === 'object' && value !== null) texts.set(value, { key, text });
    return text;
  };
}

const sorted = (items: ReadonlySet<string>): string[] => [...items].sort();

const members = sectionOf<Member>((user, { roles, groups }) => ({
  user,
  roles: sorted(roles),
  groups: sorted(groups),
}));
const revoked = sectionOf<number>((sid, generation) => ({ sid, generation }));
const roles = sectionOf<string>((role) => role);
const groups = sectionOf<Group>((group, { roles: brought }) => ({ group, roles: sorted(brought) }));
const rules = sectionOf<StoredRule>((_, rule) => rule);
const servers = sectionOf<Server>((_, server) => server);
const toolsOfServer = sectionOf<Tool>((tool, { label, disabledForAll, disabledFor, pinned, seen }) => ({
  tool,
  label,
  disabledForAll,
  disabledFor: sorted(disabledFor),
  pinned: pinned?.digest ?? null,
  seen: seen?.digest ?? null,
}));
const tools = sectionOf<ReadonlyMap<string, Tool>>((srv, ofServer) => ({
  srv,
  tools: toolsOfServer(ofServer),
}));
const approvals = sectionOf<Approval>((approval, { status }) => ({ approval, status }));
const clients = sectionOf<PolicyClient>((client, { generation, active }) => ({ client, generation, active }));

/**
 * Of everything that a decision can depend on, in one order: the same policy has the same digest whatever led to it.
 * SHA-256 of the RFC 8785 bytes of the digests of its sections, base64url.
 */
export const digestOf = (state: PolicyState): string =>
  b64u(
    sha256(
      'portcullis/v1/policy\0',
      canonicalBytes({
        v: 3,
        org: state.org,
        home: state.home,
        members: members(state.members),
        revoked: revoked(state.revoked),
        roles: roles(state.roles),
        groups: groups(state.groups),
        rules: rules(state.rules),
        servers: servers(state.servers),
        tools: tools(state.tools),
        approvals: approvals(state.approvals),
        clients: clients(state.clients),
      }),
    ),
  );

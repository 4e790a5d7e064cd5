import type { z } from 'zod';
import type { approvalRequest, definition, label, pinning, slot, StoredRule } from '../facts/fields.js';
import { emptyCommandLog, type CommandLog } from './command-log.js';

export type ToolLabel = z.infer<typeof label>;
export type Slot = z.infer<typeof slot>;
export type Pinning = z.infer<typeof pinning>;

export interface Member {
  since: string;
  /** Granted roles; `member` is held by every member and never listed. */
  roles: ReadonlySet<string>;
  groups: ReadonlySet<string>;
}

export interface Group {
  description: string;
  /** Roles that every member of the group holds. */
  roles: ReadonlySet<string>;
}

export interface Server {
  srv: string;
  slug: string;
  dst: string;
  slots: readonly Slot[];
  pinning: Pinning;
}

/** What is known of one tool of a server. */
export interface Tool {
  label: ToolLabel | null;
  disabledForAll: boolean;
  disabledFor: ReadonlySet<string>;
  /** The definition that calls are let through for. */
  pinned: ToolDefinition | null;
  /** The definition that the server showed last. */
  seen: (ToolDefinition & { at: string }) | null;
}

export interface ToolDefinition {
  digest: string;
  /** Null where it was too large to keep. */
  definition: z.infer<typeof definition> | null;
}

export interface PolicyClient {
  client: string;
  name: string;
  since: string;
  generation: number;
  active: boolean;
  /** The command that brought this generation. */
  addedBy: string;
}

export type ApprovalRequest = z.infer<z.ZodObject<typeof approvalRequest>>;

export interface Approval extends ApprovalRequest {
  requestedAt: string;
  status: 'pending' | 'granted' | 'refused' | 'consumed';
  decidedBy: string | null;
  /** The call that has consumed it. */
  call: string | null;
}

/** Everything the facts of one organisation add up to. Immutable. */
export interface PolicyState {
  readonly org: string | null;
  /** Of the last fact. */
  readonly time: string;
  readonly home: boolean;
  readonly founder: string | null;
  readonly members: ReadonlyMap<string, Member>;
  /** Session or key id → highest revoked generation. */
  readonly revoked: ReadonlyMap<string, number>;
  /** Custom roles and their descriptions; built-in ones are in {@link BUILTIN_ROLES}. */
  readonly roles: ReadonlyMap<string, string>;
  readonly groups: ReadonlyMap<string, Group>;
  readonly rules: ReadonlyMap<string, StoredRule>;
  /** Of the document that is in force; null once something of it was changed by itself. */
  readonly version: string | null;
  readonly servers: ReadonlyMap<string, Server>;
  /** srv → tool → what is known. */
  readonly tools: ReadonlyMap<string, ReadonlyMap<string, Tool>>;
  readonly clients: ReadonlyMap<string, PolicyClient>;
  /** Requests that have not expired, and what became of them. */
  readonly approvals: ReadonlyMap<string, Approval>;
  readonly commands: CommandLog;
}

export const initialState: PolicyState = {
  org: null,
  time: '',
  home: false,
  founder: null,
  members: new Map(),
  revoked: new Map(),
  roles: new Map(),
  groups: new Map(),
  rules: new Map(),
  version: null,
  servers: new Map(),
  tools: new Map(),
  clients: new Map(),
  approvals: new Map(),
  commands: emptyCommandLog,
};

export const BUILTIN_ROLES: ReadonlyMap<string, string> = new Map([
  ['admin', 'May administer the organisation. Brings no tool by itself.'],
  ['member', 'Held by every member.'],
]);

export const hasRole = (state: Pick<PolicyState, 'roles'>, role: string): boolean =>
  BUILTIN_ROLES.has(role) || state.roles.has(role);

/** All roles of a member, own and of their groups, sorted; none for a stranger. */
export function rolesOf(state: PolicyState, user: string): string[] {
  const member = state.members.get(user);
  if (member === undefined) return [];
  const roles = new Set(['member', ...member.roles]);
  for (const group of member.groups) {
    for (const role of state.groups.get(group)?.roles ?? []) roles.add(role);
  }
  return [...roles].sort();
}

/** Sorted; none for a stranger. */
export const groupsOf = (state: PolicyState, user: string): string[] =>
  [...(state.members.get(user)?.groups ?? [])].sort();

/** Whether the user was granted `admin`, which no group brings: whoever fills a group appoints no admin. */
export const isAdmin = (state: PolicyState, user: string): boolean =>
  state.members.get(user)?.roles.has('admin') ?? false;

/** By the identity of the map, which is immutable: made once for all revisions with the same servers. First come, first found. */
const BY_SLUG = new WeakMap<ReadonlyMap<string, Server>, ReadonlyMap<string, Server>>();

export function serverBySlug({ servers }: Pick<PolicyState, 'servers'>, slug: string): Server | undefined {
  const known = BY_SLUG.get(servers);
  if (known !== undefined) return known.get(slug);
  const bySlug = new Map([...servers.values()].reverse().map((server) => [server.slug, server]));
  BY_SLUG.set(servers, bySlug);
  return bySlug.get(slug);
}

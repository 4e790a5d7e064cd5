import type { PolicyCatalogue, PolicyDocument, ToolLabel } from '@portcullis/contracts';
import { BUILTIN_ROLES } from '../organisation/state.js';

export interface KnownTool {
  label: ToolLabel | null;
  /** JSON Schema of its arguments; undefined where the tool has not been seen. */
  inputSchema: unknown;
}

export interface KnownMember {
  user: string;
  /** With `member` and those that groups bring. */
  roles: ReadonlySet<string>;
  groups: ReadonlySet<string>;
}

/** An organisation as it would be with the document in force. */
export interface World {
  roles: ReadonlySet<string>;
  groups: ReadonlySet<string>;
  members: readonly KnownMember[];
  users: ReadonlySet<string>;
  /** Slug → name → tool. */
  servers: ReadonlyMap<string, ReadonlyMap<string, KnownTool>>;
}

export function worldOf(document: PolicyDocument, catalogue: PolicyCatalogue): World {
  const groups = new Map(
    [...Object.entries(catalogue.groups), ...Object.entries(document.groups)].map(([name, { roles }]) => [
      name,
      roles,
    ]),
  );
  return {
    roles: new Set([...BUILTIN_ROLES.keys(), ...catalogue.roles, ...Object.keys(document.roles)]),
    groups: new Set(groups.keys()),
    users: new Set(catalogue.members.map(({ user }) => user)),
    members: catalogue.members.map((member) => ({
      user: member.user,
      roles: new Set([
        'member',
        ...member.roles,
        ...member.groups.flatMap((group) => groups.get(group) ?? []),
      ]),
      groups: new Set(member.groups),
    })),
    servers: new Map(
      Object.entries(catalogue.servers).map(([slug, { tools }]) => [slug, toolsOf(document, slug, tools)]),
    ),
  };
}

function toolsOf(
  document: PolicyDocument,
  slug: string,
  known: PolicyCatalogue['servers'][string]['tools'],
): ReadonlyMap<string, KnownTool> {
  const tools = new Map<string, KnownTool>(
    Object.entries(known).map(([tool, { label, inputSchema }]) => [tool, { label, inputSchema }]),
  );
  const said = Object.hasOwn(document.servers, slug) ? document.servers[slug]!.tools : {};
  for (const [tool, label] of Object.entries(said)) {
    tools.set(tool, { label, inputSchema: tools.get(tool)?.inputSchema });
  }
  return tools;
}

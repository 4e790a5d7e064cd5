import type { PolicyCatalogue, PolicyDocument, ToolLabel } from '@portcullis/contracts';
import { idOfNumber, type FindingCode } from '@portcullis/policy-engine';
import type { TestCase } from './cases.js';

/** Findings that are about who and what there happens to be, which nobody knows without a catalogue. */
export const OF_AN_ORGANISATION: ReadonlySet<FindingCode> = new Set<FindingCode>([
  'nobody',
  'unlabelled-tool',
  'matches-nothing',
  'unseen-tool',
]);

interface Names {
  roles?: readonly string[] | undefined;
  groups?: readonly string[] | undefined;
  users?: readonly string[] | undefined;
}

/** An organisation in which everything is there that the policy and its tests name. */
export function impliedCatalogue(document: PolicyDocument, cases: readonly TestCase[]): PolicyCatalogue {
  const named: Names[] = [
    ...document.rules.map(({ subjects }) => subjects),
    ...[...document.rules, ...document.guards].map(({ approval }) => approval ?? {}),
    ...Object.values(document.groups).map(({ roles }) => ({ roles })),
    ...cases.map(({ principal: { roles, groups } }) => ({ roles, groups })),
  ];
  const all = (kind: keyof Names) => [...new Set(named.flatMap((names) => names[kind] ?? []))];
  return {
    roles: all('roles').filter((role) => role !== 'admin' && role !== 'member'),
    groups: Object.fromEntries(all('groups').map((group) => [group, { roles: [] }])),
    members: all('users').map((user) => ({ user, roles: [], groups: [] })),
    servers: new ImpliedServers().of(document, cases),
  };
}

class ImpliedServers {
  readonly #servers = new Map<string, Map<string, { label: ToolLabel | null }>>();

  of(document: PolicyDocument, cases: readonly TestCase[]): PolicyCatalogue['servers'] {
    const clauses = [...document.rules, ...document.guards];
    const slugs = [...Object.keys(document.servers), ...clauses.flatMap(({ servers }) => servers)];
    for (const slug of slugs) if (slug !== '*') this.#toolsOf(slug);
    for (const { call } of cases) this.#name(call.server, call.tool, call.label);
    for (const { servers, tools } of clauses) {
      const names = tools.filter((tool) => !tool.includes('*'));
      const on = servers.includes('*') ? this.#anywhere() : servers;
      for (const slug of on) for (const tool of names) this.#name(slug, tool);
    }
    return Object.fromEntries(
      [...this.#servers].map(([slug, tools]) => [slug, { tools: Object.fromEntries(tools) }]),
    );
  }

  #anywhere(): string[] {
    if (this.#servers.size === 0) this.#toolsOf('somewhere');
    return [...this.#servers.keys()];
  }

  #toolsOf(slug: string): Map<string, { label: ToolLabel | null }> {
    const tools = this.#servers.get(slug) ?? new Map<string, { label: ToolLabel | null }>();
    this.#servers.set(slug, tools);
    return tools;
  }

  #name(slug: string, tool: string, label?: ToolLabel): void {
    const tools = this.#toolsOf(slug);
    if (label !== undefined || !tools.has(tool)) tools.set(tool, { label: label ?? null });
  }
}

/** The catalogue with the principals of the tests as members, and tools with the labels that tests give. */
export function withTests(catalogue: PolicyCatalogue, cases: readonly TestCase[]): PolicyCatalogue {
  const members = [...userIds(cases)].map(([key, user]) => {
    const { roles = [], groups = [] } = JSON.parse(key) as TestCase['principal'];
    return { user, roles: roles.filter((role) => role !== 'member'), groups };
  });
  const named = new Set(members.map(({ user }) => user));
  const servers = structuredClone(catalogue.servers);
  for (const { server, tool, label } of cases.map(({ call }) => call)) {
    if (label === undefined || !Object.hasOwn(servers, server)) continue;
    servers[server]!.tools[tool] = { ...servers[server]!.tools[tool], label };
  }
  const others = catalogue.members.filter(({ user }) => !named.has(user));
  return { ...catalogue, servers, members: [...others, ...members] };
}

const FIRST_ID = 1_000_000;

/** Principals that say the same are the same; two that say otherwise are two members, unless they name the same user. */
export function userIds(cases: readonly TestCase[]): ReadonlyMap<string, string> {
  const ids = new Map<string, string>();
  for (const { principal } of cases) {
    const key = keyOf(principal);
    if (ids.has(key)) continue;
    if (principal.user !== undefined && [...ids.values()].includes(principal.user))
      throw new Error(`Two principals of the tests are user ${principal.user} with other roles or groups`);
    ids.set(key, principal.user ?? idOfNumber(FIRST_ID + ids.size));
  }
  return ids;
}

export const keyOf = ({ user, roles, groups }: TestCase['principal']): string =>
  JSON.stringify({ user, roles, groups });

/** What a test names must be there: a misspelt role would quietly be no role. */
export function requireKnown(
  document: PolicyDocument,
  catalogue: PolicyCatalogue,
  cases: readonly TestCase[],
): void {
  const roles = new Set(['admin', 'member', ...catalogue.roles, ...Object.keys(document.roles)]);
  const groups = new Set([...Object.keys(catalogue.groups), ...Object.keys(document.groups)]);
  for (const { file, line, principal } of cases) {
    const role = principal.roles?.find((name) => !roles.has(name));
    const group = principal.groups?.find((name) => !groups.has(name));
    const unknown = role === undefined ? group && `group "${group}"` : `role "${role}"`;
    if (unknown !== undefined)
      throw new Error(`${file}:${line}: principal "${principal.name}": there is no ${unknown}`);
  }
}

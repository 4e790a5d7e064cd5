import type { PolicyDocument } from '@portcullis/contracts';
import { isBuiltinRule } from '../decisions/builtin-rules.js';
import type { Finding, FindingCode } from '../document/finding.js';
import { pointer } from '../document/pointer.js';
import { BUILTIN_ROLES } from '../organisation/state.js';
import type { Clause } from './selector.js';
import type { World } from './world.js';

const error = (code: FindingCode, at: string, reason: string, rule: string | null = null): Finding => ({
  severity: 'error',
  code,
  rule,
  at,
  reason,
});

/** Roles, groups and servers of a document that can't be as it says. */
export function checkDefinitions(document: PolicyDocument, world: World): Finding[] {
  return [
    ...Object.keys(document.roles)
      .filter((role) => BUILTIN_ROLES.has(role))
      .map((role) => error('builtin-name', pointer(['roles', role]), `"${role}" is a built-in role`)),
    ...Object.entries(document.groups).flatMap(([group, { roles }]) => checkGroup(group, roles, world)),
    ...Object.entries(document.servers).flatMap(([slug, { tools }]) =>
      checkServer(slug, Object.keys(tools), world),
    ),
  ];
}

function checkGroup(group: string, roles: readonly string[], world: World): Finding[] {
  return roles.flatMap((role, index) => {
    const at = pointer(['groups', group, 'roles', index]);
    if (!world.roles.has(role)) return [error('unknown-role', at, `there is no role "${role}"`)];
    if (role !== 'admin') return [];
    return [error('builtin-name', at, 'a group can not bring the role "admin": grant it to each person')];
  });
}

function checkServer(slug: string, named: readonly string[], world: World): Finding[] {
  const tools = world.servers.get(slug);
  if (tools === undefined)
    return [error('unknown-server', pointer(['servers', slug]), `there is no server "${slug}"`)];
  const isSeen = [...tools.values()].some(({ inputSchema }) => inputSchema !== undefined);
  if (!isSeen) return [];
  return named
    .filter((tool) => tools.get(tool)?.inputSchema === undefined)
    .map((tool) => ({
      ...error(
        'unseen-tool',
        pointer(['servers', slug, 'tools', tool]),
        `"${slug}" has not shown a tool "${tool}"`,
      ),
      severity: 'warning' as const,
    }));
}

/** Names in a rule that nothing has. */
export function checkNames(clause: Clause, world: World): Finding[] {
  const { id, at, subjects, approval, isGuard } = clause;
  const inSubjects = isGuard ? {} : subjects;
  return [
    ...(isBuiltinRule(id)
      ? [error('builtin-name', `${at}/id`, `"${id}" is the name of a built-in rule`, id)]
      : []),
    ...unknown(clause, ['subjects', 'roles'], inSubjects.roles, {
      known: world.roles,
      code: 'unknown-role',
      kind: 'role',
    }),
    ...unknown(clause, ['subjects', 'groups'], inSubjects.groups, {
      known: world.groups,
      code: 'unknown-group',
      kind: 'group',
    }),
    ...unknown(clause, ['subjects', 'users'], inSubjects.users, {
      known: world.users,
      code: 'unknown-user',
      kind: 'member',
    }),
    ...unknown(clause, ['approval', 'roles'], approval?.roles, {
      known: world.roles,
      code: 'unknown-role',
      kind: 'role',
    }),
    ...unknown(clause, ['approval', 'groups'], approval?.groups, {
      known: world.groups,
      code: 'unknown-group',
      kind: 'group',
    }),
    ...unknown(
      clause,
      ['servers'],
      clause.servers.filter((slug) => slug !== '*'),
      { known: world.servers, code: 'unknown-server', kind: 'server' },
    ),
    ...checkApproval(clause),
    ...checkTools(clause, world),
  ];
}

interface Names {
  known: { has(name: string): boolean };
  code: FindingCode;
  kind: string;
}

function unknown(
  clause: Clause,
  path: string[],
  names: readonly string[] | undefined,
  { known, code, kind }: Names,
): Finding[] {
  return (names ?? []).flatMap((name) =>
    known.has(name)
      ? []
      : [
          error(
            code,
            clause.at + pointer([...path, indexIn(clause, path, name)]),
            `there is no ${kind} "${name}"`,
            clause.id,
          ),
        ],
  );
}

/** Where the author wrote it: what is looked at may have been filtered. */
function indexIn(clause: Clause, path: string[], name: string): number {
  const list =
    path[0] === 'servers'
      ? clause.servers
      : (clause[path[0] as 'subjects'] as Record<string, string[]>)[path[1]!];
  return list!.indexOf(name);
}

const checkApproval = ({ id, at, effect, approval }: Clause): Finding[] =>
  approval === undefined || effect === 'require_approval'
    ? []
    : [error('invalid-value', `${at}/approval`, 'only a rule that requires approval says who approves', id)];

/** A tool named in full must be on one of the servers; a glob may wait for its tools. */
function checkTools(clause: Clause, world: World): Finding[] {
  const servers = (clause.servers.includes('*') ? [...world.servers.keys()] : clause.servers).flatMap(
    (slug) => world.servers.get(slug) ?? [],
  );
  return clause.tools.flatMap((tool, index) => {
    if (tool.includes('*') || servers.some((tools) => tools.has(tool))) return [];
    const on = clause.servers.includes('*') ? 'no server has' : `${clause.servers.join(', ')} has not`;
    return [error('unknown-tool', `${clause.at}/tools/${index}`, `${on} a tool "${tool}"`, clause.id)];
  });
}

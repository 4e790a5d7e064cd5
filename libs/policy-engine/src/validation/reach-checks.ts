import type { Finding } from '../document/finding.js';
import type { Reach } from './reach.js';
import type { Clause } from './selector.js';
import type { World } from './world.js';

/** Rules that are about nothing or nobody. What may yet come (a tool for a glob, a holder for a role) is a warning. */
export function checkReach(clause: Clause, reach: Reach, world: World): Finding[] {
  return [...checkTools(clause, reach), ...checkHolders(clause, world)];
}

function checkTools(
  { id, at, tools, servers, labels }: Clause,
  { named, labelled, reached }: Reach,
): Finding[] {
  if (reached.length > 0) return [];
  const finding = { rule: id, at: `${at}/tools` };
  if (named.length === 0) {
    // Names in full are reported as unknown tools.
    if (!tools.some((tool) => tool.includes('*'))) return [];
    const reason = `no tool of ${servers.includes('*') ? 'any server' : servers.join(', ')} matches`;
    return [{ ...finding, severity: 'warning', code: 'matches-nothing', reason }];
  }
  if (labelled.length === 0) {
    const reason = `${nameOf(named)} has no label yet: it is denied before rules are asked`;
    return [{ ...finding, severity: 'warning', code: 'unlabelled-tool', reason }];
  }
  const isFixed = tools.every((tool) => !tool.includes('*')) && labelled.length === named.length;
  const reason = `${nameOf(labelled)} is labelled ${labelled[0]!.label}, never ${(labels ?? []).join(' or ')}`;
  return [
    {
      rule: id,
      at: `${at}/labels`,
      severity: isFixed ? 'error' : 'warning',
      code: isFixed ? 'never-fires' : 'matches-nothing',
      reason,
    },
  ];
}

const nameOf = ([first, ...others]: Reach['named']): string =>
  `${first!.slug}/${first!.tool}${others.length === 0 ? '' : ` (as ${others.length} others)`}`;

function checkHolders({ id, at, subjects }: Clause, { members }: World): Finding[] {
  const isFor = members.some(
    ({ user, roles, groups }) =>
      subjects.everyone === true ||
      (subjects.users?.includes(user) ?? false) ||
      (subjects.roles?.some((role) => roles.has(role)) ?? false) ||
      (subjects.groups?.some((group) => groups.has(group)) ?? false),
  );
  if (isFor) return [];
  return [
    {
      rule: id,
      at: `${at}/subjects`,
      severity: 'warning',
      code: 'nobody',
      reason: 'nobody is or holds any of these',
    },
  ];
}

import type { StoredRule } from '../facts/fields.js';
import type { PolicyState, Tool } from '../organisation/state.js';
import { toolMatcher } from './tool-pattern.js';
import { subjectType } from './tool-subject.js';

/**
 * The subject types that a rule is about: every labelled tool that it names or whose name its globs cover. Wildcards end
 * here, so that nothing but exact names ever reaches CASL. Unlabelled tools are denied before rules are asked.
 */
export function expandSubjects(rule: StoredRule, state: PolicyState): string[] {
  const subjects = new Set<string>();
  const servers = rule.servers.includes('*') ? state.tools.keys() : rule.servers;
  for (const srv of servers) {
    const tools = state.tools.get(srv);
    if (tools === undefined) continue;
    for (const pattern of rule.tools) {
      for (const tool of namesOf(pattern, tools)) subjects.add(subjectType(srv, tool));
    }
  }
  return [...subjects];
}

function namesOf(pattern: string, tools: ReadonlyMap<string, Tool>): string[] {
  const isLabelled = (tool: string) => (tools.get(tool)?.label ?? null) !== null;
  if (!pattern.includes('*')) return isLabelled(pattern) ? [pattern] : [];
  const matches = toolMatcher(pattern);
  return [...tools.keys()].filter((tool) => isLabelled(tool) && matches(tool));
}

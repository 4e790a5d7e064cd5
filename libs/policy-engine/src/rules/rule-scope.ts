import type { StoredRule } from '../facts/fields.js';
import { isFor } from './rule-index.js';
import { toolMatcher } from './tool-pattern.js';

/** Whom a rule is for, as far as it concerns one user. */
export interface SubjectMatch {
  applies: boolean;
  everyone: boolean;
  /** The rule names the user. */
  user: boolean;
  /** Roles and groups of the user that the rule names. */
  roles: string[];
  groups: string[];
}

export function matchSubject(rule: StoredRule, asker: Parameters<typeof isFor>[1]): SubjectMatch {
  const { everyone, users, roles = [], groups = [] } = rule.subjects;
  return {
    applies: isFor(rule, asker),
    everyone: everyone === true,
    user: users?.includes(asker.user) ?? false,
    roles: roles.filter((role) => asker.roles.includes(role)),
    groups: groups.filter((group) => asker.groups.includes(group)),
  };
}

/** Which parts of a tool a rule is about; all of them must hold. */
export interface Coverage {
  server: boolean;
  tool: boolean;
  label: boolean;
}

export function coverageOf(
  rule: StoredRule,
  target: { srv: string | null; tool: string | null; label: 'read' | 'write' | 'destructive' | null },
): Coverage {
  const { srv, tool, label } = target;
  return {
    server: srv !== null && (rule.servers.includes('*') || rule.servers.includes(srv)),
    tool: tool !== null && rule.tools.some((pattern) => toolMatcher(pattern)(tool)),
    label: label !== null && (rule.labels ?? [label]).includes(label),
  };
}

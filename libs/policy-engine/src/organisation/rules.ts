import { isDeepStrictEqual } from 'node:util';
import { AppError, type Rule } from '@portcullis/contracts';
import { compileCondition } from '../conditions/compile.js';
import { isBuiltinRule } from '../decisions/builtin-rules.js';
import type { StoredRule } from '../facts/fields.js';
import type { Decider } from './decide.js';
import { hasRole, serverBySlug, type PolicyState } from './state.js';

/** One organisation's rules; more would be a mistake in a generator. */
const MAX_RULES = 10_000;

const addRule: Decider<'AddRule'> = ({ rule }, state) => {
  const stored = storedRuleOf(rule, state);
  const known = state.rules.get(rule.id);
  if (known === undefined) {
    if (state.rules.size >= MAX_RULES)
      throw new AppError('FAILED_PRECONDITION', `There are ${MAX_RULES} rules already.`);
    return [{ type: 'policy.RuleAdded', data: { rule: stored } }];
  }
  if (isDeepStrictEqual(known, stored)) return [];
  throw new AppError(
    'ALREADY_EXISTS',
    `There is another rule "${rule.id}": remove it in the same request to replace it.`,
  );
};

const removeRule: Decider<'RemoveRule'> = ({ rule }, state) =>
  state.rules.has(rule) ? [{ type: 'policy.RuleRemoved', data: { rule } }] : [];

/** Refuses at load what could never mean what its author thinks: unknown names, nobody, a condition that is none. */
export function storedRuleOf(rule: Rule, state: PolicyState): StoredRule {
  if (isBuiltinRule(rule.id))
    throw new AppError('INVALID_ARGUMENT', `"${rule.id}" is the name of a built-in rule.`);
  validateSubjects(rule, state);
  validateGuard(rule);
  validateApproval(rule, state);
  if (rule.when !== undefined) compileCondition(rule.when);
  const servers = rule.servers.map((slug) => (slug === '*' ? '*' : requireSlug(slug, state)));
  return { ...rule, servers: [...new Set(servers)] };
}

function validateSubjects({ subjects }: Rule, state: PolicyState): void {
  const { roles = [], groups = [], users = [], everyone } = subjects;
  if (everyone === undefined && roles.length + groups.length + users.length === 0) {
    throw new AppError('INVALID_ARGUMENT', 'The rule is for nobody: name roles, groups, users or everyone.');
  }
  requireNames({ roles, groups }, state);
  const user = users.find((candidate) => !state.members.has(candidate));
  if (user !== undefined)
    throw new AppError('INVALID_ARGUMENT', `User ${user} is not a member of the organisation.`);
}

function requireNames({ roles = [], groups = [] }: Names, state: PolicyState): void {
  const role = roles.find((candidate) => !hasRole(state, candidate));
  if (role !== undefined) throw new AppError('INVALID_ARGUMENT', `There is no role "${role}".`);
  const group = groups.find((candidate) => !state.groups.has(candidate));
  if (group !== undefined) throw new AppError('INVALID_ARGUMENT', `There is no group "${group}".`);
}

interface Names {
  roles?: string[] | undefined;
  groups?: string[] | undefined;
}

function validateGuard({ guard, effect, subjects }: Rule): void {
  if (guard === undefined) return;
  if (effect === 'allow') throw new AppError('INVALID_ARGUMENT', 'A guard denies or requires approval.');
  if (subjects.everyone === undefined) throw new AppError('INVALID_ARGUMENT', 'A guard is for everyone.');
}

function validateApproval({ effect, approval }: Rule, state: PolicyState): void {
  if (approval === undefined) return;
  if (effect !== 'require_approval')
    throw new AppError('INVALID_ARGUMENT', 'Only a rule that requires approval says who approves.');
  requireNames(approval, state);
}

/** @throws AppError INVALID_ARGUMENT */
export function requireSlug(slug: string, state: PolicyState): string {
  const server = serverBySlug(state, slug);
  if (server === undefined) throw new AppError('INVALID_ARGUMENT', `There is no server "${slug}".`);
  return server.srv;
}

export const ruleDeciders = { AddRule: addRule, RemoveRule: removeRule };

import { AppError } from '@portcullis/contracts';
import type { Fact } from '../facts/facts.js';
import type { StoredRule } from '../facts/fields.js';
import type { PolicyState } from './state.js';

/**
 * What the rules of one organisation may cost to compare with all of its tools: tool by tool as they are asked for, at
 * worst at once, when somebody lists them. Policy is one process for all organisations, so one of them must not be able to
 * keep it busy: at this bound a comparison with all tools takes about a second at the very worst, and 500 rules with a
 * wildcard over 2,000 tools stay within it.
 */
export const MAX_EXPANSION = 20_000_000;

/** Of a comparison beside the length of the pattern: the subject that it may lead to. */
const COMPARISON = 10;

const GROWING: ReadonlySet<Fact['type']> = new Set([
  'policy.RuleAdded',
  'policy.PolicyApplied',
  'policy.PolicyRolledBack',
  'policy.ToolLabelled',
  'policy.ToolDefinitionSeen',
  'policy.ToolDisabled',
]);

const COSTS = new WeakMap<StoredRule, number>();

/** Of one rule and one tool. Names without a wildcard are looked up. */
function costOf(rule: StoredRule): number {
  const known = COSTS.get(rule);
  if (known !== undefined) return known;
  const wildcards = rule.tools.filter((pattern) => pattern.includes('*'));
  const cost = wildcards.reduce((sum, { length }) => sum + COMPARISON + length, 0);
  COSTS.set(rule, cost);
  return cost;
}

/** Steps of comparing every wildcard of every rule with every tool it may be about. */
export function expansionCost({ rules, tools }: PolicyState): number {
  const toolsOf = (srv: string): number => tools.get(srv)?.size ?? 0;
  const all = [...tools.keys()].reduce((sum, srv) => sum + toolsOf(srv), 0);
  const reach = ({ servers }: StoredRule): number =>
    servers.includes('*') ? all : servers.reduce((sum, srv) => sum + toolsOf(srv), 0);
  return [...rules.values()].reduce((sum, rule) => sum + costOf(rule) * reach(rule), 0);
}

/** @throws AppError FAILED_PRECONDITION when these facts would make the policy too dear for the others. */
export function requireExpandable(facts: readonly Fact[], state: PolicyState): void {
  if (!facts.some(({ type }) => GROWING.has(type)) || expansionCost(state) <= MAX_EXPANSION) return;
  throw new AppError(
    'FAILED_PRECONDITION',
    'The rules have too many wildcards for so many tools: name tools or servers, or remove rules.',
  );
}

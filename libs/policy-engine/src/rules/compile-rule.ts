import { compileCondition } from '../conditions/compile.js';
import type { StoredRule } from '../facts/fields.js';
import type { CompiledRule } from './ability.js';
import { toolMatcher } from './tool-pattern.js';

/** By the identity of an immutable rule: a new revision compiles only what is new. */
const COMPILED = new WeakMap<StoredRule, CompiledRule>();

/** @throws AppError INVALID_ARGUMENT when the condition can't be compiled */
export function compileRule(rule: StoredRule): CompiledRule {
  const known = COMPILED.get(rule);
  if (known !== undefined) return known;
  const when = rule.when === undefined ? null : compileCondition(rule.when);
  const compiled = { rule, when, covers: coverage(rule.tools) };
  COMPILED.set(rule, compiled);
  return compiled;
}

function coverage(patterns: readonly string[]): (tool: string) => boolean {
  if (patterns.length === 1) return toolMatcher(patterns[0]!);
  const names = new Set(patterns.filter((pattern) => !pattern.includes('*')));
  const globs = patterns.filter((pattern) => pattern.includes('*')).map(toolMatcher);
  return (tool) => names.has(tool) || globs.some((matches) => matches(tool));
}

import { canonicalJson, type JsonValue } from '@portcullis/contracts';
import { ANY, type Knowledge, type Outcome, type Truths } from '../decisions/possible-outcomes.js';
import { referencedPaths } from '../conditions/references.js';
import type { StoredRule } from '../facts/fields.js';
import type { CompiledRule } from '../rules/ability.js';

const KEYS = new WeakMap<StoredRule, string>();

/** Two conditions with the same key are the same condition, whichever rules they stand in. */
export function conditionKey({ rule }: CompiledRule): string {
  const known = KEYS.get(rule);
  if (known !== undefined) return known;
  const key = canonicalJson((rule.when ?? null) as JsonValue);
  KEYS.set(rule, key);
  return key;
}

const TRUE: Truths = { yes: true, no: false, indeterminate: false };
const FALSE: Truths = { yes: false, no: true, indeterminate: false };
const NOT_FALSE: Truths = { yes: true, no: false, indeterminate: true };
const NOT_TRUE: Truths = { yes: false, no: true, indeterminate: true };

/**
 * What the decision that was made says about the conditions that it was made from. An allow was made by a rule whose
 * condition held, and no rule that restricts applied; and so on. Whatever was in the arguments, the same condition comes
 * out the same in another rule.
 */
export function knowledgeFrom(rules: readonly CompiledRule[], { decision, rule: by }: Outcome): Knowledge {
  const known = new Map<string, Truths>();
  for (const rule of rules) {
    const learnt = rule.when === null ? undefined : learn(rule.rule, decision, by);
    if (learnt === undefined) continue;
    const key = conditionKey(rule);
    known.set(key, both(known.get(key) ?? ANY, learnt));
  }
  return (rule) => known.get(conditionKey(rule)) ?? ANY;
}

function learn({ id, effect }: StoredRule, decision: Outcome['decision'], by: string): Truths | undefined {
  if (id === by) return effect === 'allow' ? TRUE : NOT_FALSE;
  if (decision === 'deny' && by !== 'default-deny') return undefined;
  if (effect === 'deny') return FALSE;
  if (effect === 'require_approval') return decision === 'allow' ? FALSE : undefined;
  return decision === 'deny' ? NOT_TRUE : undefined;
}

const both = (a: Truths, b: Truths): Truths => ({
  yes: a.yes && b.yes,
  no: a.no && b.no,
  indeterminate: a.indeterminate && b.indeterminate,
});

/** Whether a condition looks at something that is another under another policy: roles and groups of the asker. */
export const looksAtPolicy = ({ when }: CompiledRule): boolean =>
  when !== null &&
  referencedPaths(when).some(
    ([root, field]) =>
      root === 'principal' && (field === undefined || field === 'roles' || field === 'groups'),
  );

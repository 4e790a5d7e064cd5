import { evaluate, type ConditionInput } from '../conditions/evaluate.js';
import { leavesOf, type ConditionLeaf } from '../conditions/leaves.js';
import type { Truth } from '../conditions/truth.js';
import type { StoredRule } from '../facts/fields.js';
import { coverageOf, matchSubject, type Coverage, type SubjectMatch } from '../rules/rule-scope.js';
import { effectiveLabel } from './check-definition.js';
import { conditionInput } from './condition-input.js';
import type { Question } from './question.js';
import type { Snapshot } from './snapshot.js';

/** One rule of the policy, and what each of its parts says of a question. */
export interface ExplainedRule {
  rule: string;
  effect: StoredRule['effect'];
  /** For the whole organisation, above all other rules. */
  guard: boolean;
  /** It has decided. */
  decides: boolean;
  /** It is for the principal, covers the tool, and its condition holds: yes for an allow, not no for anything else. */
  applies: boolean;
  subject: SubjectMatch;
  covers: Coverage;
  /** Null: it has none. */
  condition: { truth: Truth; leaves: ConditionLeaf[]; omittedLeaves: number } | null;
}

export interface ExplainedRules {
  /** Those that are for the principal and cover the tool first, then the others; in the order of the policy. */
  rules: ExplainedRule[];
  /** How many more there are that are not shown. */
  omittedRules: number;
}

/** What is shown at most: an explanation has to fit into one message. */
const MAX_RULES = 500;
const MAX_LEAVES = 500;

/** Every rule that was considered for a question, whichever decided. Arguments appear by their types only. */
export function explainRules(snapshot: Snapshot, question: Question, deciding: string): ExplainedRules {
  const place = placeOf(snapshot, question);
  const all = [...snapshot.state.rules.values()].map((rule) => scopeOf(rule, place));
  const near = all.filter(isNear);
  const shown = [...near, ...all.filter((scope) => !isNear(scope))].slice(0, MAX_RULES);
  const input = conditionInput(snapshot, question, question.arguments ?? {});
  const budget = { leaves: MAX_LEAVES };
  const rules = shown.map((scope) => {
    const condition = conditionOf(snapshot, scope.rule.id, { input, budget });
    const { rule, subject, covers } = scope;
    return {
      rule: rule.id,
      effect: rule.effect,
      guard: rule.guard === true,
      decides: rule.id === deciding,
      applies: isNear(scope) && holds(rule.effect, condition?.truth ?? 'yes'),
      subject,
      covers,
      condition,
    };
  });
  return { rules, omittedRules: all.length - shown.length };
}

interface Scope {
  rule: StoredRule;
  subject: SubjectMatch;
  covers: Coverage;
}

interface Place {
  asker: Parameters<typeof matchSubject>[1];
  target: Parameters<typeof coverageOf>[1];
}

function placeOf(snapshot: Snapshot, { asker, server, tool, annotations }: Question): Place {
  const srv = snapshot.server(server)?.srv ?? null;
  const known = tool === null ? undefined : snapshot.state.tools.get(srv ?? '')?.get(tool);
  const given = known?.label ?? null;
  const label = known === undefined || given === null ? null : effectiveLabel(given, known, annotations);
  const { user } = asker;
  return {
    asker: snapshot.asker(user),
    target: { srv, tool, label },
  };
}

const scopeOf = (rule: StoredRule, { asker, target }: Place): Scope => ({
  rule,
  subject: matchSubject(rule, asker),
  covers: coverageOf(rule, target),
});

const isNear = ({ subject, covers }: Scope): boolean =>
  subject.applies && covers.server && covers.tool && covers.label;

const holds = (effect: StoredRule['effect'], truth: Truth): boolean =>
  effect === 'allow' ? truth === 'yes' : truth !== 'no';

function conditionOf(
  snapshot: Snapshot,
  rule: string,
  { input, budget }: { input: ConditionInput; budget: { leaves: number } },
): ExplainedRule['condition'] {
  const when = snapshot.rules.rule(rule)?.when ?? null;
  if (when === null) return null;
  const leaves = leavesOf(when, input);
  const shown = leaves.slice(0, budget.leaves);
  budget.leaves -= shown.length;
  return { truth: evaluate(when, input), leaves: shown, omittedLeaves: leaves.length - shown.length };
}

import type { Decision } from '@portcullis/contracts';
import { evaluate, type ConditionInput } from '../conditions/evaluate.js';
import type { Node } from '../conditions/node.js';
import { find, UNKNOWN } from '../conditions/path.js';
import { referencedPaths } from '../conditions/references.js';
import type { ToolLabel } from '../organisation/state.js';
import type { CompiledRule } from '../rules/ability.js';
import { action, subjectType } from '../rules/tool-subject.js';
import { isBuiltinRule } from './builtin-rules.js';
import { decideQuestion } from './decide-question.js';
import type { Question } from './question.js';
import type { Snapshot } from './snapshot.js';
import type { Verdict } from './verdict.js';

export interface Outcome {
  decision: Decision['decision'];
  rule: string;
}

/** What one condition may come out as, when part of what it looks at is not known. */
export interface Truths {
  yes: boolean;
  no: boolean;
  indeterminate: boolean;
}

export const ANY: Truths = { yes: true, no: true, indeterminate: true };
const ONLY = {
  yes: { yes: true, no: false, indeterminate: false },
  no: { yes: false, no: true, indeterminate: false },
  indeterminate: { yes: false, no: false, indeterminate: true },
} as const;

/** What is known of a condition although its input is not; {@link ANY} where nothing is. */
export type Knowledge = (rule: CompiledRule) => Truths;

/** What decides a question before arguments are looked at, and the rules that are left to ask. */
export interface Plan {
  /** The decision where no rule that is left has a condition. */
  verdict: Verdict;
  /** Rules about this asker and tool, the one that decides first first; empty when a built-in rule decides. */
  rules: readonly CompiledRule[];
  conditional: boolean;
}

/**
 * The part of a decision that does not depend on the arguments, the client, or other things that only conditions look at:
 * whoever decides many such questions makes it once.
 */
export function planOf(snapshot: Snapshot, question: Question): Plan {
  const verdict = decideQuestion(snapshot, { ...question, arguments: {} });
  const server = snapshot.server(question.server);
  const settled = isBuiltinRule(verdict.rule) && verdict.rule !== 'default-deny';
  if (settled || server === undefined || question.tool === null || verdict.label === null) {
    return { verdict, rules: [], conditional: false };
  }
  const rules = rulesAbout(snapshot, question.asker.user, {
    label: verdict.label,
    type: subjectType(server.srv, question.tool),
  });
  return { verdict, rules, conditional: rules.some(({ when }) => when !== null) };
}

function rulesAbout(
  snapshot: Snapshot,
  user: string,
  { label, type }: { label: ToolLabel; type: string },
): CompiledRule[] {
  const { access, approval } = snapshot.abilitiesOf(user);
  return [access, approval].flatMap((ability) =>
    ability.rulesFor(action(label), type).flatMap(({ reason }) => snapshot.rules.rule(reason!) ?? []),
  );
}

/**
 * How much of what a condition looks at is known. `partly`: something unknown is inside of a value, where no test would
 * notice it.
 */
function sightOf(when: Node, input: ConditionInput): 'all' | 'not all' | 'partly' {
  let sight: 'all' | 'not all' = 'all';
  for (const path of referencedPaths(when)) {
    const found = find(input, path);
    if (found.kind === 'unknown') sight = 'not all';
    else if (found.kind === 'value' && holdsUnknown(found.value)) return 'partly';
  }
  return sight;
}

/** Whether everything that a condition finds at a path is known, also that nothing is there. */
export function isKnownAt(input: ConditionInput, path: readonly string[]): boolean {
  const found = find(input, path);
  return found.kind !== 'unknown' && !(found.kind === 'value' && holdsUnknown(found.value));
}

const holdsUnknown = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.values(value).includes(UNKNOWN);

/** What a condition may come out as. Kleene's logic is monotone: a yes or no in spite of the unknown holds for all of it. */
export function truthsOf(rule: CompiledRule, input: ConditionInput, knowledge: Knowledge): Truths {
  const { when } = rule;
  if (when === null) return ONLY.yes;
  const sight = sightOf(when, input);
  if (sight === 'partly') return knowledge(rule);
  const truth = evaluate(when, input);
  return truth === 'indeterminate' && sight === 'not all' ? knowledge(rule) : ONLY[truth];
}

/** Whether a rule may apply, and whether it must. Indeterminate never satisfies an allow and always triggers the others. */
interface Applies {
  rule: CompiledRule;
  may: boolean;
  must: boolean;
}

function appliesOf(rule: CompiledRule, { yes, no, indeterminate }: Truths): Applies {
  return rule.rule.effect === 'allow'
    ? { rule, may: yes, must: yes && !no && !indeterminate }
    : { rule, may: yes || indeterminate, must: !no };
}

/** Every outcome that is possible, each with the first rule that may lead to it; exactly one when nothing unknown matters. */
export function possibleOutcomes(plan: Plan, input: ConditionInput, knowledge: Knowledge): Outcome[] {
  const { verdict, rules, conditional } = plan;
  if (!conditional) return [{ decision: verdict.decision, rule: verdict.rule }];
  const applied = rules.map((rule) => appliesOf(rule, truthsOf(rule, input, knowledge)));
  const denies = ofEffect(applied, 'deny');
  if (denies.must !== undefined) return [{ decision: 'deny', rule: denies.must }];
  return [
    ...(denies.may === undefined ? [] : [{ decision: 'deny' as const, rule: denies.may }]),
    ...undenied(applied),
  ];
}

/** As if no deny applied: what needs approval restricts allows only. */
function undenied(applied: readonly Applies[]): Outcome[] {
  const allows = ofEffect(applied, 'allow');
  const approvals = ofEffect(applied, 'require_approval');
  const outcomes: Outcome[] = [];
  if (allows.may !== undefined && approvals.may !== undefined) {
    outcomes.push({ decision: 'approval_required', rule: approvals.must ?? approvals.may });
  }
  if (allows.may !== undefined && approvals.must === undefined) {
    outcomes.push({ decision: 'allow', rule: allows.must ?? allows.may });
  }
  if (allows.must === undefined) outcomes.push({ decision: 'deny', rule: 'default-deny' });
  return outcomes;
}

function ofEffect(
  applied: readonly Applies[],
  effect: CompiledRule['rule']['effect'],
): { may: string | undefined; must: string | undefined } {
  const same = applied.filter(({ rule }) => rule.rule.effect === effect);
  return {
    may: same.find(({ may }) => may)?.rule.rule.id,
    must: same.find(({ must }) => must)?.rule.rule.id,
  };
}

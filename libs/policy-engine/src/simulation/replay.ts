import type { InexactReason, SimulationSection } from '@portcullis/contracts';
import { referencedPaths } from '../conditions/references.js';
import type { ConditionInput } from '../conditions/evaluate.js';
import { UNKNOWN } from '../conditions/path.js';
import { isBuiltinRule } from '../decisions/builtin-rules.js';
import {
  ANY,
  isKnownAt,
  possibleOutcomes,
  truthsOf,
  type Knowledge,
  type Outcome,
  type Plan,
} from '../decisions/possible-outcomes.js';
import type { Question } from '../decisions/question.js';
import type { Snapshot } from '../decisions/snapshot.js';
import type { CompiledRule } from '../rules/ability.js';
import { conditionKey, knowledgeFrom, looksAtPolicy } from './knowledge.js';
import { knownArguments } from './known-arguments.js';
import { knownOf, type CallFacts, type RecordedCall } from './recorded-call.js';

/** What became of one call: decided again as it was and as it would be, or why not. */
export type Replayed = { exact: true; from: Outcome; to: Outcome } | { exact: false; reason: InexactReason };

const inexact = (reason: InexactReason): Replayed => ({ exact: false, reason });

/** A call under one policy. */
export interface Side {
  snapshot: Snapshot;
  plan: Plan;
}

export interface Sides {
  question: Question;
  /** Where the vault has opened it. */
  section?: SimulationSection | undefined;
  base: Side;
  candidate: Side;
  /** The asker has the same roles and groups on both sides. */
  sameRoles: boolean;
}

/**
 * Decides a call again: under the policy of its own revision, which has to come to what was recorded, and under the
 * candidate. Without the sealed section the arguments are not known; what the recorded decision says about them is.
 */
export function replay(call: RecordedCall, sides: Sides): Replayed {
  const settled = settledBefore(call, sides);
  if (settled !== undefined) return settled;
  const facts = factsOf(call, sides);
  const from = reproduced(call, sides, facts);
  if (from === undefined) return inexact('not_reproduced');
  const { base, candidate, sameRoles } = sides;
  const gone = candidate.plan.verdict.rule === from.rule ? undefined : GONE.get(candidate.plan.verdict.rule);
  if (gone !== undefined) return inexact(gone);
  if (sameRoles && sameRules(base.plan, candidate.plan)) return { exact: true, from, to: from };
  const learnt = knowledgeFrom(base.plan.rules, from);
  const knowledge: Knowledge = (rule) => (sameRoles || !looksAtPolicy(rule) ? learnt(rule) : ANY);
  const input = knownOf(candidate.snapshot, sides.question, facts);
  return underCandidate(from, candidate.plan, { input, knowledge, opened: sides.section !== undefined });
}

function factsOf({ inputs }: RecordedCall, { section, base, candidate }: Sides): CallFacts {
  const hasInputs = inputs !== null;
  if (section === undefined) return { hasInputs, arguments: UNKNOWN };
  const paths = [...base.plan.rules, ...candidate.plan.rules].flatMap(argumentPathsIn);
  return { hasInputs, arguments: knownArguments(section.arguments, paths) };
}

const argumentPathsIn = ({ when }: CompiledRule): string[][] =>
  when === null
    ? []
    : referencedPaths(when)
        .filter(([root]) => root === 'arguments')
        .map(([, ...path]) => path);

/** Under today's policy what a call was about, or who made it, may be gone: that says nothing about the candidate. */
const GONE: ReadonlyMap<string, InexactReason> = new Map([
  ['unknown-server', 'server_gone'],
  ['not-a-member', 'member_gone'],
  ['credential-revoked', 'credential_gone'],
] as const);

const SCOPE_RULES: ReadonlySet<string> = new Set(['scope-missing', 'read-only-session']);

/** What is clear, or not to be known, without asking rules: of refused arguments, and of records without inputs. */
function settledBefore(call: RecordedCall, { base, candidate }: Sides): Replayed | undefined {
  const { recorded, inputs } = call;
  // The same arguments are refused again, whatever the rules: nothing that comes before turns that into an allow.
  if (recorded.rule === 'invalid-arguments') return { exact: true, from: recorded, to: recorded };
  if (inputs !== null || call.tool === null) return undefined;
  if (labelOf(call, base.snapshot) !== labelOf(call, candidate.snapshot))
    return inexact('inputs_not_recorded');
  // With the same label the same scopes are too few again.
  return SCOPE_RULES.has(recorded.rule) ? { exact: true, from: recorded, to: recorded } : undefined;
}

const labelOf = ({ srv, tool }: RecordedCall, { state }: Snapshot) =>
  state.tools.get(srv ?? '')?.get(tool ?? '')?.label ?? null;

/** What the policy of the call's own revision decided, if that is what the record says. */
function reproduced(
  { recorded, approved }: RecordedCall,
  { question, base }: Sides,
  facts: CallFacts,
): Outcome | undefined {
  const input = knownOf(base.snapshot, question, facts);
  const outcomes = possibleOutcomes(base.plan, input, () => ANY);
  // Allowed because a second person had approved it: the policy itself said that somebody has to.
  if (approved) return outcomes.find(({ decision }) => decision === 'approval_required');
  const same = outcomes.some(({ decision }) => decision === recorded.decision);
  return same && couldDecide(base.plan, recorded) ? recorded : undefined;
}

function couldDecide({ verdict, rules, conditional }: Plan, { decision, rule }: Outcome): boolean {
  if (isBuiltinRule(rule)) return conditional ? rule === 'default-deny' : verdict.rule === rule;
  return rules.some((known) => known.rule.id === rule && DECIDES[known.rule.effect] === decision);
}

const DECIDES = { allow: 'allow', deny: 'deny', require_approval: 'approval_required' } as const;

/** The same rules, in the same circumstances, say the same of the same call. */
function sameRules(base: Plan, candidate: Plan): boolean {
  if (base.verdict.label !== candidate.verdict.label || base.rules.length !== candidate.rules.length)
    return false;
  if (base.rules.length === 0) {
    const same = base.verdict.decision === candidate.verdict.decision;
    return same && base.verdict.rule === candidate.verdict.rule;
  }
  return base.rules.every((rule, index) => isSameRule(rule, candidate.rules[index]!));
}

export const isSameRule = (a: Plan['rules'][number], b: Plan['rules'][number]): boolean =>
  a.rule === b.rule ||
  (a.rule.id === b.rule.id && a.rule.effect === b.rule.effect && conditionKey(a) === conditionKey(b));

interface Known {
  input: ConditionInput;
  knowledge: Knowledge;
  /** The sealed section is known. */
  opened: boolean;
}

function underCandidate(from: Outcome, plan: Plan, known: Known): Replayed {
  const outcomes = possibleOutcomes(plan, known.input, known.knowledge);
  const [to] = outcomes;
  if (to === undefined || outcomes.some(({ decision }) => decision !== to.decision)) {
    return inexact(whatMatters(plan, known));
  }
  // Another rule that comes to the same is no change to anybody.
  return { exact: true, from, to: from.decision === to.decision ? from : to };
}

/** The first thing that a rule which could turn the decision looks at and nobody knows. */
function whatMatters({ rules }: Plan, { input, knowledge, opened }: Known): InexactReason {
  const open = rules.filter((rule) => {
    const truths = truthsOf(rule, input, knowledge);
    return [truths.yes, truths.no, truths.indeterminate].filter(Boolean).length > 1;
  });
  const paths = open.flatMap(({ when }) => (when === null ? [] : referencedPaths(when)));
  const unknown = paths.filter((path) => !isKnownAt(input, path));
  if (unknown.some(([root]) => root === 'arguments'))
    return opened ? 'arguments_not_kept' : 'arguments_sealed';
  return !opened && unknown.some(isAddress) ? 'address_sealed' : 'inputs_not_recorded';
}

/** `context` as a whole holds the address too. */
export const isAddress = ([root, field]: readonly string[]): boolean =>
  root === 'context' && (field === undefined || field === 'ip');

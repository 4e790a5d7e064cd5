import { Ability, type MatchConditions, type RawRuleOf } from '@casl/ability';
import { evaluate } from '../conditions/evaluate.js';
import type { Node } from '../conditions/node.js';
import type { StoredRule } from '../facts/fields.js';
import { action, ToolSubject } from './tool-subject.js';

/** A rule with its condition and its patterns compiled. */
export interface CompiledRule {
  rule: StoredRule;
  when: Node | null;
  /** Whether a name or a glob of the rule covers the tool, on whichever server. */
  covers(tool: string): boolean;
}

export type Effect = StoredRule['effect'];

/** What stands in the place of CASL's conditions: the effect decides what an indeterminate condition means. */
interface Clause {
  effect: Effect;
  when: Node;
}

type CaslAbility = Ability<[string, string | ToolSubject], Clause>;
type CaslRule = ReturnType<CaslAbility['rulesFor']>[number];

/** Rules in the order in which they decide: the first that applies does. */
export interface ToolAbility {
  /** All that are about the action on a tool, by its subject type; conditions are not looked at. */
  rulesFor(action: string, type: string): readonly CaslRule[];
  /** The one that decides, or null. */
  relevantRuleFor(action: string, subject: ToolSubject): CaslRule | null;
}

const LABELS = ['read', 'write', 'destructive'] as const;

/** Indeterminate never satisfies an allow and always triggers whatever restricts. */
export function applies(effect: Effect, when: Node | null, subject: ToolSubject): boolean {
  if (when === null) return true;
  const truth = evaluate(when, subject.input);
  return effect === 'allow' ? truth === 'yes' : truth !== 'no';
}

function conditionsMatcher(clause: Clause): MatchConditions {
  // CASL hands over the subject itself; anything but ours is a defect and must not pass as an allow.
  const match = (subject: unknown) =>
    subject instanceof ToolSubject ? applies(clause.effect, clause.when, subject) : clause.effect !== 'allow';
  return match as MatchConditions;
}

function detectSubjectType(subject: unknown): string {
  if (subject instanceof ToolSubject) return subject.type;
  throw new TypeError('Only ToolSubject is a subject of a tool ability');
}

function toRawRule({ rule, when }: CompiledRule, type: string): RawRuleOf<CaslAbility> {
  return {
    action: (rule.labels ?? LABELS).map(action),
    subject: type,
    inverted: rule.effect !== 'allow',
    reason: rule.id,
    ...(when === null ? {} : { conditions: { effect: rule.effect, when } }),
  };
}

/** What the rules for one asker say: allows and denies together, and apart from them what needs a second person. */
export interface Abilities {
  access: ToolAbility;
  approval: ToolAbility;
}

/** Of rules that are about one tool, given by its subject type: nothing but exact names ever reaches CASL. */
export const buildAbilities = (rules: readonly CompiledRule[], type: string): Abilities => ({
  access: buildAbility(
    rules.filter(({ rule }) => rule.effect !== 'require_approval'),
    type,
  ),
  approval: buildAbility(
    rules.filter(({ rule }) => rule.effect === 'require_approval'),
    type,
  ),
});

/**
 * Rules → CASL. The last matching rule wins there, so forbids come last: deny wins whatever the order of the rules.
 * `anyAction` and `anySubjectType` can't be written in a rule, so CASL's "manage" and "all" are ordinary words.
 */
function buildAbility(rules: readonly CompiledRule[], type: string): ToolAbility {
  const allows = rules.filter(({ rule }) => rule.effect === 'allow');
  const denies = rules.filter(({ rule }) => rule.effect !== 'allow');
  const raw = [...allows, ...denies].map((rule) => toRawRule(rule, type));
  return new Ability<[string, string | ToolSubject], Clause>(raw, {
    conditionsMatcher,
    detectSubjectType,
    anyAction: '\u0000any-action',
    anySubjectType: '\u0000any-subject',
  });
}

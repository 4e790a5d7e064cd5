import { Ability, type MatchConditions, type RawRuleOf } from '@casl/ability';
import { evaluate } from '../conditions/evaluate.js';
import type { Node } from '../conditions/node.js';
import type { StoredRule } from '../facts/fields.js';
import { action, ToolSubject } from './tool-subject.js';

/** A rule with its condition compiled and its wildcards expanded. */
export interface CompiledRule {
  rule: StoredRule;
  when: Node | null;
  subjects: string[];
}

export type Effect = StoredRule['effect'];

/** What stands in the place of CASL's conditions: the effect decides what an indeterminate condition means. */
interface Clause {
  effect: Effect;
  when: Node;
}

export type ToolAbility = Ability<[string, string | ToolSubject], Clause>;

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

function toRawRule({ rule, when, subjects }: CompiledRule): RawRuleOf<ToolAbility> {
  return {
    action: (rule.labels ?? LABELS).map(action),
    subject: subjects,
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

export const buildAbilities = (rules: readonly CompiledRule[]): Abilities => ({
  access: buildAbility(rules.filter(({ rule }) => rule.effect !== 'require_approval')),
  approval: buildAbility(rules.filter(({ rule }) => rule.effect === 'require_approval')),
});

/**
 * Rules → CASL. The last matching rule wins there, so forbids come last: deny wins whatever the order of the rules.
 * `anyAction` and `anySubjectType` can't be written in a rule, so CASL's "manage" and "all" are ordinary words.
 */
function buildAbility(rules: readonly CompiledRule[]): ToolAbility {
  const useful = rules.filter(({ subjects }) => subjects.length > 0);
  const allows = useful.filter(({ rule }) => rule.effect === 'allow');
  const denies = useful.filter(({ rule }) => rule.effect !== 'allow');
  return new Ability([...allows, ...denies].map(toRawRule), {
    conditionsMatcher,
    detectSubjectType,
    anyAction: '\u0000any-action',
    anySubjectType: '\u0000any-subject',
  });
}

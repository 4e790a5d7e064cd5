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

/** What stands in the place of CASL's conditions: the effect decides what an indeterminate condition means. */
interface Clause {
  effect: 'allow' | 'deny';
  when: Node;
}

export type ToolAbility = Ability<[string, string | ToolSubject], Clause>;

const LABELS = ['read', 'write', 'destructive'] as const;

/** Indeterminate never satisfies an allow and always triggers a deny. */
export function applies(effect: 'allow' | 'deny', when: Node | null, subject: ToolSubject): boolean {
  if (when === null) return true;
  const truth = evaluate(when, subject.input);
  return effect === 'allow' ? truth === 'yes' : truth !== 'no';
}

function conditionsMatcher(clause: Clause): MatchConditions {
  // CASL hands over the subject itself; anything but ours is a defect and must not pass as an allow.
  const match = (subject: unknown) =>
    subject instanceof ToolSubject ? applies(clause.effect, clause.when, subject) : clause.effect === 'deny';
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
    inverted: rule.effect === 'deny',
    reason: rule.id,
    ...(when === null ? {} : { conditions: { effect: rule.effect, when } }),
  };
}

/**
 * Rules → CASL. The last matching rule wins there, so forbids come last: deny wins whatever the order of the rules.
 * `anyAction` and `anySubjectType` can't be written in a rule, so CASL's "manage" and "all" are ordinary words.
 */
export function buildAbility(rules: readonly CompiledRule[]): ToolAbility {
  const useful = rules.filter(({ subjects }) => subjects.length > 0);
  const allows = useful.filter(({ rule }) => rule.effect === 'allow');
  const denies = useful.filter(({ rule }) => rule.effect === 'deny');
  return new Ability([...allows, ...denies].map(toRawRule), {
    conditionsMatcher,
    detectSubjectType,
    anyAction: '\u0000any-action',
    anySubjectType: '\u0000any-subject',
  });
}

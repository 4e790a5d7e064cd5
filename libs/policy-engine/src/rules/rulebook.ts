import { compileCondition } from '../conditions/compile.js';
import type { Node } from '../conditions/node.js';
import type { StoredRule } from '../facts/fields.js';
import { rolesOf, type PolicyState } from '../organisation/state.js';
import { buildAbility, type CompiledRule, type ToolAbility } from './ability.js';
import { expandSubjects } from './expand.js';

/** Compiled conditions by the identity of their immutable rule: a new revision compiles only what is new. */
const CONDITIONS = new WeakMap<StoredRule, Node>();

function conditionOf(rule: StoredRule): Node | null {
  if (rule.when === undefined) return null;
  const known = CONDITIONS.get(rule);
  if (known !== undefined) return known;
  const compiled = compileCondition(rule.when);
  CONDITIONS.set(rule, compiled);
  return compiled;
}

/** Distinct role sets of an organisation are few; the bound only guards against rules that name very many users. */
const MAX_ABILITIES = 1_000;

/**
 * The rules of one policy revision, compiled once. Abilities are built on first use and kept per role set (and user, for
 * those whom a rule names): they are never changed, a new revision is a new rulebook.
 */
export class Rulebook {
  readonly #rules: ReadonlyMap<string, CompiledRule>;
  readonly #named: ReadonlySet<string>;
  readonly #abilities = new Map<string, ToolAbility>();

  /** @throws AppError INVALID_ARGUMENT when a stored condition can't be compiled: nothing may be decided then. */
  constructor(private readonly state: PolicyState) {
    const compiled = [...state.rules.values()].map((rule) => ({
      rule,
      when: conditionOf(rule),
      subjects: expandSubjects(rule, state),
    }));
    this.#rules = new Map(compiled.map((entry) => [entry.rule.id, entry]));
    this.#named = new Set(compiled.flatMap(({ rule }) => rule.subjects.users ?? []));
  }

  rule(id: string): CompiledRule | undefined {
    return this.#rules.get(id);
  }

  abilityOf(user: string): ToolAbility {
    const roles = rolesOf(this.state, user);
    const key = `${roles.join(',')}|${this.#named.has(user) ? user : ''}`;
    const known = this.#abilities.get(key);
    if (known !== undefined) return known;
    const ability = buildAbility([...this.#rules.values()].filter(({ rule }) => isFor(rule, user, roles)));
    if (this.#abilities.size >= MAX_ABILITIES) this.#abilities.clear();
    this.#abilities.set(key, ability);
    return ability;
  }
}

function isFor({ subjects }: StoredRule, user: string, roles: readonly string[]): boolean {
  if (subjects.everyone) return true;
  return (
    (subjects.users?.includes(user) ?? false) ||
    (subjects.roles?.some((role) => roles.includes(role)) ?? false)
  );
}

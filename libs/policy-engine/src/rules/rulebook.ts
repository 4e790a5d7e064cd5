import { compileCondition } from '../conditions/compile.js';
import type { Node } from '../conditions/node.js';
import type { StoredRule } from '../facts/fields.js';
import { groupsOf, rolesOf, type PolicyState } from '../organisation/state.js';
import { buildAbilities, type Abilities, type CompiledRule } from './ability.js';
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
 * The rules of one policy revision, compiled once. Abilities are built on first use and kept per set of roles and groups
 * (and user, for those whom a rule names): they are never changed, a new revision is a new rulebook.
 */
export class Rulebook {
  readonly #rules: ReadonlyMap<string, CompiledRule>;
  readonly #named: ReadonlySet<string>;
  readonly #abilities = new Map<string, Abilities>();

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

  get rules(): Iterable<CompiledRule> {
    return this.#rules.values();
  }

  rule(id: string): CompiledRule | undefined {
    return this.#rules.get(id);
  }

  abilitiesOf(user: string): Abilities {
    const roles = rolesOf(this.state, user);
    const groups = groupsOf(this.state, user);
    const key = `${roles.join(',')}|${groups.join(',')}|${this.#named.has(user) ? user : ''}`;
    const known = this.#abilities.get(key);
    if (known !== undefined) return known;
    const asker = { user, roles, groups };
    const abilities = buildAbilities([...this.#rules.values()].filter(({ rule }) => isFor(rule, asker)));
    if (this.#abilities.size >= MAX_ABILITIES) this.#abilities.clear();
    this.#abilities.set(key, abilities);
    return abilities;
  }
}

/** Whether the rule is for this member, by name, by a role or by a group. */
export function isFor(
  { subjects }: Pick<StoredRule, 'subjects'>,
  asker: { user: string; roles: readonly string[]; groups: readonly string[] },
): boolean {
  if (subjects.everyone) return true;
  return (
    (subjects.users?.includes(asker.user) ?? false) ||
    (subjects.roles?.some((role) => asker.roles.includes(role)) ?? false) ||
    (subjects.groups?.some((group) => asker.groups.includes(group)) ?? false)
  );
}

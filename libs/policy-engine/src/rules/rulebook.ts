import { groupsOf, rolesOf, type PolicyState } from '../organisation/state.js';
import type { Abilities, CompiledRule } from './ability.js';
import { RuleIndex } from './rule-index.js';

/** People whose abilities are at hand; more are worked out again, which is cheap. */
const MAX_USERS = 2_000;

/** The rules of one policy revision and what they say to whom. Never changed: a new revision is a new rulebook. */
export class Rulebook {
  readonly #index: RuleIndex;
  readonly #byUser = new Map<string, Abilities>();

  /** @throws AppError INVALID_ARGUMENT when a stored condition can't be compiled: nothing may be decided then. */
  constructor(private readonly state: PolicyState) {
    this.#index = RuleIndex.of(state.rules);
  }

  get rules(): Iterable<CompiledRule> {
    return this.#index.rules;
  }

  rule(id: string): CompiledRule | undefined {
    return this.#index.rule(id);
  }

  abilitiesOf(user: string): Abilities {
    const known = this.#byUser.get(user);
    if (known !== undefined) return known;
    const asker = { user, roles: rolesOf(this.state, user), groups: groupsOf(this.state, user) };
    const abilities = this.#index.abilitiesOf(asker);
    if (this.#byUser.size >= MAX_USERS) this.#byUser.clear();
    this.#byUser.set(user, abilities);
    return abilities;
  }
}

import { groupsOf, rolesOf, serverBySlug, type PolicyState, type Server } from '../organisation/state.js';
import type { Abilities } from '../rules/ability.js';
import { RuleIndex, type RuleSubject } from '../rules/rule-index.js';
import { digestOf } from './policy-digest.js';

/** People whose roles and abilities are at hand; more are worked out again, which is cheap. */
const MAX_ASKERS = 2_000;

/** Somebody who asks, and what was worked out about them so far. */
interface Asking {
  readonly subject: RuleSubject;
  abilities: Abilities | undefined;
}

/**
 * One organisation's policy at one revision: immutable, so every part of a decision sees the same policy whatever is
 * appended meanwhile. Rules and digest are made on first use.
 */
export class Snapshot {
  #rules: RuleIndex | undefined;
  #digest: string | undefined;
  readonly #askers = new Map<string, Asking>();

  constructor(
    readonly state: PolicyState,
    readonly revision: number,
  ) {}

  /** @throws AppError INVALID_ARGUMENT when a stored condition can't be compiled: nothing may be decided then. */
  get rules(): RuleIndex {
    return (this.#rules ??= RuleIndex.of(this.state.rules));
  }

  /** SHA-256 of the canonical policy, base64url. */
  get digest(): string {
    return (this.#digest ??= digestOf(this.state));
  }

  /** A member with the roles and groups that count, worked out once; nobody's for a stranger. */
  asker(user: string): RuleSubject {
    return this.#asking(user).subject;
  }

  /** What the rules say to a member. */
  abilitiesOf(user: string): Abilities {
    const asking = this.#asking(user);
    return (asking.abilities ??= this.rules.abilitiesOf(asking.subject));
  }

  rolesOf(user: string): readonly string[] {
    return this.asker(user).roles;
  }

  #asking(user: string): Asking {
    const known = this.#askers.get(user);
    if (known !== undefined) return known;
    const subject = { user, roles: rolesOf(this.state, user), groups: groupsOf(this.state, user) };
    const asking: Asking = { subject, abilities: undefined };
    if (this.#askers.size >= MAX_ASKERS) this.#askers.clear();
    this.#askers.set(user, asking);
    return asking;
  }

  server(reference: { srv: string } | { slug: string }): Server | undefined {
    return 'srv' in reference
      ? this.state.servers.get(reference.srv)
      : serverBySlug(this.state, reference.slug);
  }
}

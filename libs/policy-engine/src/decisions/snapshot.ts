import { groupsOf, rolesOf, serverBySlug, type PolicyState, type Server } from '../organisation/state.js';
import type { RuleSubject } from '../rules/rule-index.js';
import { Rulebook } from '../rules/rulebook.js';
import { digestOf } from './policy-digest.js';

/** People whose roles are at hand; more are worked out again, which is cheap. */
const MAX_ASKERS = 2_000;

/**
 * One organisation's policy at one revision: immutable, so every part of a decision sees the same policy whatever is
 * appended meanwhile. Rulebook and digest are made on first use.
 */
export class Snapshot {
  #rulebook: Rulebook | undefined;
  #digest: string | undefined;
  readonly #askers = new Map<string, RuleSubject>();

  constructor(
    readonly state: PolicyState,
    readonly revision: number,
  ) {}

  get rulebook(): Rulebook {
    return (this.#rulebook ??= new Rulebook(this.state));
  }

  /** SHA-256 of the canonical policy, base64url. */
  get digest(): string {
    return (this.#digest ??= digestOf(this.state));
  }

  /** A member with the roles and groups that count, worked out once; nobody's for a stranger. */
  asker(user: string): RuleSubject {
    const known = this.#askers.get(user);
    if (known !== undefined) return known;
    const asker = { user, roles: rolesOf(this.state, user), groups: groupsOf(this.state, user) };
    if (this.#askers.size >= MAX_ASKERS) this.#askers.clear();
    this.#askers.set(user, asker);
    return asker;
  }

  rolesOf(user: string): readonly string[] {
    return this.asker(user).roles;
  }

  server(reference: { srv: string } | { slug: string }): Server | undefined {
    return 'srv' in reference
      ? this.state.servers.get(reference.srv)
      : serverBySlug(this.state, reference.slug);
  }
}

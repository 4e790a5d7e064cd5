import { rolesOf, serverBySlug, type PolicyState, type Server } from '../organisation/state.js';
import { Rulebook } from '../rules/rulebook.js';
import { digestOf } from './policy-digest.js';

/**
 * One organisation's policy at one revision: immutable, so every part of a decision sees the same policy whatever is
 * appended meanwhile. Rulebook and digest are made on first use.
 */
export class Snapshot {
  #rulebook: Rulebook | undefined;
  #digest: string | undefined;

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

  rolesOf(user: string): string[] {
    return rolesOf(this.state, user);
  }

  server(reference: { srv: string } | { slug: string }): Server | undefined {
    return 'srv' in reference
      ? this.state.servers.get(reference.srv)
      : serverBySlug(this.state, reference.slug);
  }
}

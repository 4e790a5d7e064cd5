import { AppError } from '@portcullis/contracts';
import { applyCandidate, PolicyPair, Snapshot, type Candidate } from '@portcullis/policy-engine';
import type { PolicyHistory } from '../history/policy-history.js';

export interface Sides {
  org: string;
  today: Snapshot;
  /** Null: the policy as it was is its own candidate. */
  candidate: Candidate | null;
  basis: 'then' | 'now';
}

/** Calls are ordered by audit's clock, their revisions by policy's: neighbouring revisions alternate for a moment. */
const MAX_KEPT = 4;

/** The two policies that calls of a revision are decided by, the lately used kept. */
export class PolicyPairs {
  readonly #kept = new Map<number, PolicyPair | null>();
  readonly #now: Snapshot;

  constructor(
    private readonly history: Pick<PolicyHistory, 'at'>,
    private readonly sides: Sides,
  ) {
    this.#now = this.#applied(sides.today);
  }

  /** Today's policy with the document applied. */
  get candidate(): Snapshot {
    return this.#now;
  }

  /** Undefined: not there yet, ask {@link load}. Null: the policy has no such revision. */
  known(revision: number): PolicyPair | null | undefined {
    return this.#kept.get(revision);
  }

  /** @throws AppError what {@link PolicyHistory.at} throws about facts that can't be read or trusted */
  async load(org: string, revision: number): Promise<PolicyPair | null> {
    const pair = await this.#make(org, revision);
    this.#kept.set(revision, pair);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MAX_KEPT && oldest !== undefined) this.#kept.delete(oldest);
    return pair;
  }

  async #make(org: string, revision: number): Promise<PolicyPair | null> {
    try {
      const base = await this.history.at(org, { revision });
      return new PolicyPair(base, this.sides.basis === 'now' ? this.#now : this.#applied(base));
    } catch (error) {
      const isUnknown = error instanceof AppError && ['INVALID_ARGUMENT', 'NOT_FOUND'].includes(error.code);
      if (isUnknown) return null;
      throw error;
    }
  }

  #applied(base: Snapshot): Snapshot {
    const { candidate } = this.sides;
    return candidate === null ? base : new Snapshot(applyCandidate(base.state, candidate), base.revision);
  }
}

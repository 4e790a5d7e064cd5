import { initialState, Snapshot } from '@portcullis/policy-engine';
import { isTransient, type FactReader, type LoadedPolicy } from './fact-reader.js';

/** The policy of one organisation as this process knows it. */
export interface PolicyView {
  /** Of the last fact that could be verified. */
  snapshot: Snapshot;
  /** Why nothing may be decided, or null. Stays: a chain that broke once is a matter for people. */
  broken: string | null;
}

const NOTHING: LoadedPolicy = { state: initialState, revision: -1n, last: undefined };

const viewOf = ({ state, revision }: LoadedPolicy, broken: string | null): PolicyView => ({
  snapshot: new Snapshot(state, Math.max(0, Number(revision))),
  broken,
});

/** What is known of an organisation that nobody registered. */
export const NO_POLICY: PolicyView = viewOf(NOTHING, null);

/** Folds in one at a time; readers see the policy before or after a change, never in between. */
export class OrganisationReplica {
  #loaded = NOTHING;
  #view = NO_POLICY;
  #turn: Promise<void> = Promise.resolve();

  constructor(
    readonly org: string,
    private readonly reader: FactReader,
  ) {}

  get view(): PolicyView {
    return this.#view;
  }

  get revision(): bigint {
    return this.#loaded.revision;
  }

  /** Resolves when everything up to `revision` has been folded, or the chain is found broken. */
  async catchUp(revision?: bigint): Promise<void> {
    const turn = this.#turn.then(() => this.#load(revision));
    this.#turn = turn.catch(() => undefined);
    await turn;
  }

  async #load(revision: bigint | undefined): Promise<void> {
    if (this.#view.broken !== null) return;
    if (revision !== undefined && revision <= this.#loaded.revision) return;
    try {
      const loaded = await this.reader.load(this.org, this.#loaded);
      if (loaded.revision === this.#loaded.revision) return;
      this.#loaded = loaded;
      this.#view = viewOf(loaded, null);
    } catch (error) {
      if (isTransient(error)) throw error;
      const reason = error instanceof Error ? error.message : 'a fact can not be read';
      this.#view = { ...this.#view, broken: reason };
    }
  }
}

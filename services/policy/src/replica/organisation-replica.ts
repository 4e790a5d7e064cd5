import { canonicalJson, type PolicyHead } from '@portcullis/contracts';
import { initialState, Snapshot, storeState, type PolicyState } from '@portcullis/policy-engine';
import { findContradiction } from '../anchors/contradiction.js';
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

/** What a start may use instead of the first facts: a stored state, and everything after it. */
export interface SnapshotSource {
  load(org: string): Promise<LoadedPolicy | undefined>;
}

/** Folds in one at a time; readers see the policy before or after a change, never in between. */
export class OrganisationReplica {
  #loaded = NOTHING;
  #view = NO_POLICY;
  #turn: Promise<void> = Promise.resolve();
  #isFresh = false;

  constructor(
    readonly org: string,
    private readonly reader: FactReader,
    private readonly snapshots: SnapshotSource,
  ) {}

  get view(): PolicyView {
    return this.#view;
  }

  get loaded(): LoadedPolicy {
    return this.#loaded;
  }

  get revision(): bigint {
    return this.#loaded.revision;
  }

  /** Resolves when everything up to `revision` has been folded, or the chain is found broken. */
  catchUp(revision?: bigint): Promise<void> {
    return this.#inTurn(() => this.#load(revision));
  }

  /** Holds what was folded against what audit has recorded and what the store has now. */
  confirm(recorded: PolicyHead | null): Promise<void> {
    return this.#inTurn(async () => {
      if (recorded !== null) await this.#load(BigInt(recorded.revision));
      await this.#guarded(async () => {
        const compared = { org: this.org, loaded: this.#loaded, recorded, isFresh: this.#isFresh };
        const found = await findContradiction(this.reader, compared);
        if (found !== null) this.#distrust(found);
        this.#isFresh = false;
      });
    });
  }

  /**
   * Folds everything from the first fact on again, and holds that against what is served. True when the facts are in
   * order but the state was another one: they count, it is replaced.
   */
  async reverify(everything: Pick<FactReader, 'load'>): Promise<boolean> {
    let isCorrected = false;
    // It takes long, so it keeps nobody from folding what is new.
    let whole: LoadedPolicy | undefined;
    await this.#guarded(async () => void (whole = await everything.load(this.org)));
    await this.#inTurn(() =>
      this.#guarded(async () => {
        const folded = await this.reader.load(this.org, whole);
        if (folded.revision < this.#loaded.revision)
          throw new Error('The event store has fewer facts than before.');
        const isSame = folded.revision === this.#loaded.revision;
        isCorrected = isSame && !areEqual(folded.state, this.#loaded.state);
        if (!isSame || isCorrected) this.#serve(folded);
      }),
    );
    return isCorrected;
  }

  async #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    await turn;
  }

  #load(revision: bigint | undefined): Promise<void> {
    return this.#guarded(async () => {
      if (revision !== undefined && revision <= this.#loaded.revision) return;
      const loaded = await this.#read();
      if (loaded.revision !== this.#loaded.revision) this.#serve(loaded);
    });
  }

  async #read(): Promise<LoadedPolicy> {
    if (this.#loaded.revision >= 0n) return this.reader.load(this.org, this.#loaded);
    return (await this.snapshots.load(this.org)) ?? this.reader.load(this.org);
  }

  #serve(loaded: LoadedPolicy): void {
    this.#loaded = loaded;
    this.#isFresh = true;
    this.#view = viewOf(loaded, null);
  }

  /** A store that does not answer says nothing about the facts; whatever else fails does. */
  async #guarded(work: () => Promise<void>): Promise<void> {
    if (this.#view.broken !== null) return;
    try {
      await work();
    } catch (error) {
      if (isTransient(error)) throw error;
      this.#distrust(error instanceof Error ? error.message : 'A fact can not be read.');
    }
  }

  #distrust(reason: string): void {
    this.#view = { ...this.#view, broken: reason };
  }
}

const areEqual = (a: PolicyState, b: PolicyState): boolean =>
  canonicalJson(storeState(a)) === canonicalJson(storeState(b));

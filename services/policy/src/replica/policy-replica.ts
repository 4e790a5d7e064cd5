import { AppError, type PolicyHead } from '@portcullis/contracts';
import { orgOfStream } from '@portcullis/policy-engine';
import {
  runSubscription,
  type EventStore,
  type RunningSubscription,
  type StoredEvent,
} from '@portcullis/eventing';
import type { FactReader, LoadedPolicy } from './fact-reader.js';
import { MemoryCheckpoints } from './memory-checkpoints.js';
import {
  NO_POLICY,
  OrganisationReplica,
  type PolicyView,
  type SnapshotSource,
} from './organisation-replica.js';
import type { OrganisationRegistry } from './registry.js';
import { StoreLease } from './store-lease.js';

export interface ReplicaOptions {
  store: Pick<EventStore, 'subscribe' | 'end' | 'ping'>;
  reader: FactReader;
  registry: OrganisationRegistry;
  snapshots: SnapshotSource;
  /** A lost subscription, or a stream that can't be trusted: log it, once each. */
  onProblem(problem: Error | string, org?: string): void;
  /** Facts of an organisation have been folded, and hold. */
  onFolded?(org: string): void;
}

/** Streams that are read at once. */
const LOAD_CONCURRENCY = 8;

/**
 * Every organisation's policy, in memory. Answers only while it follows the store: a replica that can't hear of a
 * revocation must not decide.
 */
export class PolicyReplica {
  readonly #organisations = new Map<string, OrganisationReplica>();
  #subscription: RunningSubscription | undefined;
  #from = -1n;
  readonly #reported = new Set<string>();
  readonly #lease: StoreLease;

  constructor(private readonly options: ReplicaOptions) {
    this.#lease = new StoreLease(options.store);
  }

  /** Notes the end of the store, reads every registered stream, then follows from there. Resolves when caught up. */
  async start(): Promise<void> {
    const from = await this.options.store.end();
    this.#from = from;
    await this.refresh(null);
    this.#subscription = runSubscription({
      store: this.options.store,
      name: 'policy-replica',
      filter: { prefixes: ['policy-'] },
      checkpoints: new MemoryCheckpoints(),
      from,
      handle: (event) => this.#hear(event),
      onFailure: (error) => this.options.onProblem(error),
    });
    await Promise.all([this.#subscription.caughtUp(), this.#lease.start()]);
  }

  /**
   * Reads what the store has of these organisations, or of all that are registered (null). Resolves when every fact that
   * was there when it was called has been folded.
   */
  async refresh(orgs: readonly string[] | null): Promise<void> {
    const queue = [...(orgs ?? (await this.options.registry.list()))];
    const worker = async () => {
      for (let org = queue.pop(); org !== undefined; org = queue.pop()) await this.catchUp(org);
    };
    await Promise.all(Array.from({ length: LOAD_CONCURRENCY }, worker));
  }

  async stop(): Promise<void> {
    this.#lease.stop();
    await this.#subscription?.stop();
  }

  get isCaughtUp(): boolean {
    return this.#lease.isHeld && (this.#subscription?.status().caughtUp ?? false);
  }

  /** Commit position up to which it has folded what is stored; -1 before it has begun. */
  get position(): bigint {
    return this.#subscription?.status().position ?? this.#from;
  }

  /** @throws AppError UNAVAILABLE while this replica does not follow the store */
  view(org: string): PolicyView {
    if (!this.isCaughtUp)
      throw new AppError('UNAVAILABLE', 'This policy replica has not caught up with the facts.');
    return this.#organisations.get(org)?.view ?? NO_POLICY;
  }

  /** Of the last fact that was verified; -1 when there is none. */
  verifiedRevision(org: string): bigint {
    return this.#organisations.get(org)?.revision ?? -1n;
  }

  /** Every organisation that was announced or has had a fact. */
  known(): string[] {
    return [...this.#organisations.keys()];
  }

  /** How many organisations are denied because their facts can't be trusted. */
  get broken(): number {
    return [...this.#organisations.values()].filter(({ view }) => view.broken !== null).length;
  }

  /** What was folded and verified; undefined for an organisation that nothing is known of, or that can't be trusted. */
  loaded(org: string): LoadedPolicy | undefined {
    const organisation = this.#organisations.get(org);
    return organisation?.view.broken === null ? organisation.loaded : undefined;
  }

  /** Organisations with at least one fact. */
  organisations(): string[] {
    return [...this.#organisations.values()].filter(({ revision }) => revision >= 0n).map(({ org }) => org);
  }

  /** Folds everything up to `revision` (or all there is) before it resolves. */
  async catchUp(org: string, revision?: bigint): Promise<void> {
    const organisation = this.#organisation(org);
    const before = organisation.revision;
    await organisation.catchUp(revision);
    this.#report(organisation);
    if (organisation.revision > before) this.options.onFolded?.(org);
  }

  /**
   * Holds an organisation's facts against what audit has recorded. True when that has just shown that they can't be
   * trusted: from now on everything is denied.
   */
  async confirm(org: string, recorded: PolicyHead | null): Promise<boolean> {
    const organisation = this.#organisation(org);
    const wasBroken = organisation.view.broken !== null;
    await organisation.confirm(recorded);
    this.#report(organisation);
    return !wasBroken && organisation.view.broken !== null;
  }

  /** Reads everything of an organisation from the first fact again: see {@link OrganisationReplica.reverify}. */
  async reverify(
    org: string,
    everything: Pick<FactReader, 'load'>,
  ): Promise<'sound' | 'corrected' | 'broken'> {
    const organisation = this.#organisation(org);
    const wasBroken = organisation.view.broken !== null;
    const isCorrected = await organisation.reverify(everything);
    this.#report(organisation);
    if (!wasBroken && organisation.view.broken !== null) return 'broken';
    return isCorrected ? 'corrected' : 'sound';
  }

  #report({ org, view: { broken } }: OrganisationReplica): void {
    if (broken === null || this.#reported.has(org)) return;
    this.#reported.add(org);
    this.options.onProblem(broken, org);
  }

  async #hear(event: StoredEvent): Promise<void> {
    const org = orgOfStream(event.stream);
    if (org !== undefined) await this.catchUp(org, event.revision);
  }

  #organisation(org: string): OrganisationReplica {
    const known = this.#organisations.get(org);
    if (known !== undefined) return known;
    const created = new OrganisationReplica(org, this.options.reader, this.options.snapshots);
    this.#organisations.set(org, created);
    return created;
  }
}

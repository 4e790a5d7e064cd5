import { AppError, VERBS, type FactEntry, type VerbCaller } from '@portcullis/contracts';
import {
  runSubscription,
  type CheckpointStore,
  type EventStore,
  type RunningSubscription,
  type StoredEvent,
} from '@portcullis/eventing';
import { orgOfStream } from '../facts/facts.js';
import type { PolicyReplica } from '../replica/policy-replica.js';
import { auditEntry, chainBrokenEntry } from './audit-entry.js';

export interface RelayOptions {
  store: Pick<EventStore, 'subscribe'>;
  checkpoints: CheckpointStore<undefined>;
  audit: VerbCaller;
  replica: PolicyReplica;
  /** A failed attempt; the next one follows by itself. */
  onFailure(error: Error): void;
}

/**
 * Every fact of policy becomes an administrative record of audit: at least once, in order, from a checkpoint that outlives
 * the process. What audit does not confirm is sent again; the deterministic record id makes that harmless. Only facts
 * whose chain this replica has verified are relayed; a broken chain is itself recorded.
 */
export class FactRelay {
  #subscription: RunningSubscription | undefined;

  constructor(private readonly options: RelayOptions) {}

  start(): void {
    const { store, checkpoints, onFailure } = this.options;
    this.#subscription = runSubscription({
      store,
      name: 'policy-audit',
      filter: { prefixes: ['policy-'] },
      checkpoints,
      // Positions between facts are worth storing only now and then: each is an event in the store itself.
      checkpointInterval: 8_192,
      backoff: { firstMs: 100, maxMs: 2_000 },
      handle: (event) => this.#relay(event),
      onFailure,
    });
  }

  async stop(): Promise<void> {
    await this.#subscription?.stop();
  }

  async #relay(event: StoredEvent): Promise<void> {
    const org = orgOfStream(event.stream);
    if (org === undefined) return;
    const { replica } = this.options;
    await replica.catchUp(org, event.revision);
    const isVerified = replica.verifiedRevision(org) >= event.revision;
    await this.#record(isVerified ? auditEntry(event) : chainBrokenEntry(org, event));
  }

  async #record(entry: FactEntry): Promise<void> {
    const { results } = await this.options.audit.call(VERBS.append, { entries: [entry] });
    const result = results[0];
    if (result?.status === 'recorded' && result.recordId === entry.recordId) return;
    const code = result?.status === 'refused' ? result.code : 'no answer for this record';
    throw new AppError('AUDIT_UNAVAILABLE', 'Audit has not recorded a fact of policy.', {
      details: { recordId: entry.recordId, refusal: code },
    });
  }
}

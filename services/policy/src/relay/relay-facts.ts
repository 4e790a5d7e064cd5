import { AppError, VERBS, type ErrorCode, type FactEntry, type VerbCalls } from '@portcullis/contracts';
import { orgOfStream } from '@portcullis/policy-engine';
import {
  runSubscription,
  type CheckpointStore,
  type EventStore,
  type RunningSubscription,
  type StoredEvent,
} from '@portcullis/eventing';
import type { PolicyReplica } from '../replica/policy-replica.js';
import { auditEntry, chainBrokenEntry, digestEntry, type BrokenPlace } from './audit-entry.js';

export interface RelayOptions {
  store: Pick<EventStore, 'subscribe'>;
  checkpoints: CheckpointStore<undefined>;
  audit: VerbCalls;
  replica: PolicyReplica;
  /** A failed attempt; the next one follows by itself. */
  onFailure(error: Error): void;
}

/** Refusals that no repetition changes. */
const FOR_GOOD: ReadonlySet<ErrorCode> = new Set(['PAYLOAD_TOO_LARGE', 'ALREADY_EXISTS', 'INVALID_ARGUMENT']);

/**
 * Every fact of policy becomes an administrative record of audit: at least once, in order, from a checkpoint that outlives
 * the process. What audit does not confirm is sent again; the deterministic record id makes that harmless. Only facts
 * whose chain this replica has verified are relayed; a broken chain is itself recorded. All organisations share the
 * order, so a fact that audit refuses for good is recorded by its digest: nobody's fact holds up everybody's log.
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

  /** A chain that was found broken without a new fact. Tried once: the log and the metrics say it too. */
  async recordBroken(org: string, place: BrokenPlace): Promise<void> {
    const entry = chainBrokenEntry(org, place);
    const refusal = await this.#record(entry);
    // Another replica has found the same.
    if (refusal !== null && refusal !== 'ALREADY_EXISTS') this.options.onFailure(notRecorded(entry, refusal));
  }

  async #relay(event: StoredEvent): Promise<void> {
    const org = orgOfStream(event.stream);
    if (org === undefined) return;
    const { replica } = this.options;
    await replica.catchUp(org, event.revision);
    const isVerified = replica.verifiedRevision(org) >= event.revision;
    const entry = isVerified ? auditEntry(event) : chainBrokenEntry(org, event);
    const refusal = await this.#record(entry);
    if (refusal === null) return;
    const failure = notRecorded(entry, refusal);
    if (!FOR_GOOD.has(refusal)) throw failure;
    this.options.onFailure(failure);
    const substitute = digestEntry(entry, event, refusal);
    const again = await this.#record(substitute);
    if (again !== null) throw notRecorded(substitute, again);
  }

  /** Null when audit has recorded the entry, else what it was refused with. */
  async #record(entry: FactEntry): Promise<ErrorCode | null> {
    const { results } = await this.options.audit.call(VERBS.append, { entries: [entry] });
    const result = results[0];
    if (result?.recordId !== entry.recordId) return 'AUDIT_UNAVAILABLE';
    return result.status === 'recorded' ? null : result.code;
  }
}

const notRecorded = ({ recordId }: FactEntry, refusal: ErrorCode): AppError =>
  new AppError('AUDIT_UNAVAILABLE', 'Audit has not recorded a fact of policy.', {
    details: { recordId, refusal },
  });

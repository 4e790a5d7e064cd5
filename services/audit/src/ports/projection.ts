import type { CheckpointStore } from '@portcullis/eventing';
import type { ProjectedFault, ProjectedRecord } from '../projection/project-record.js';

/** An intent whose deadline has passed. */
export interface Overdue {
  org: string;
  grantHash: string;
}

/**
 * The read side, built from the streams alone. `Tx` is one transaction of the store.
 *
 * An adapter promises: the first occurrence of a recordId wins, and applying an event again changes nothing; a second
 * statement under a used recordId becomes a fault; `checkpoints` follow the contract of CheckpointStore.
 */
export interface Projection<Tx> {
  readonly checkpoints: CheckpointStore<Tx>;
  /** In the transaction of the checkpoint; `true` when the event contradicts what is there. */
  apply(tx: Tx, projected: ProjectedRecord | ProjectedFault): Promise<boolean>;
  /** In a transaction of its own, without a checkpoint: for rebuilding. */
  applyAlone(projected: ProjectedRecord | ProjectedFault): Promise<boolean>;
  /** Intents that had no outcome at this time, oldest deadline first. */
  overdue(at: Date, limit: number): Promise<Overdue[]>;
  /** The intent of a call that is still without outcome; undefined when there is one meanwhile. */
  pendingIntent(overdue: Overdue): Promise<ProjectedRecord['record'] | undefined>;
}

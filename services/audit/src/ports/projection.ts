import type { ProjectedFault, ProjectedRecord } from '../projection/project-record.js';

/** An intent whose deadline has passed. */
export interface Overdue {
  org: string;
  grantHash: string;
}

/** How far the subscription has come. */
export interface Checkpoint {
  name: string;
  position: bigint;
}

export type Projected = ProjectedRecord | ProjectedFault;

/** What an event in a stream was found to be instead of a record. */
export interface Fault {
  org: string;
  stream: string;
  revision: bigint;
  reason: ProjectedFault['reason'] | 'contradiction';
}

/**
 * The read side, built from the streams alone.
 *
 * An adapter promises: `apply` keeps everything and the checkpoint, or nothing, in one transaction; of each recordId
 * the first occurrence wins; applying an event again changes nothing; a checkpoint never goes back.
 */
export interface Projection {
  /** Undefined when there is none: the projection has to be built from zero. */
  checkpoint(name: string): Promise<bigint | undefined>;
  /** In the order of the store. Gives the faults that are new, another statement under a used recordId among them. */
  apply(events: readonly Projected[], checkpoint: Checkpoint | null): Promise<Fault[]>;
  /** Intents that had no outcome at this time, oldest deadline first. */
  overdue(at: Date, limit: number): Promise<Overdue[]>;
  /** The intent of a call that is still without outcome; undefined when there is one meanwhile. */
  pendingIntent(overdue: Overdue): Promise<ProjectedRecord['record'] | undefined>;
}

/** Read-your-writes over all replicas. */
export interface ReadBarrier {
  /**
   * Resolves when the projection holds everything of this organisation that the event store had acknowledged when this
   * was called. Rejects with AppError `STALE` when that isn't so by the deadline (milliseconds since the epoch), and
   * with `UNAVAILABLE` when the event store or the database can't be asked.
   */
  reached(org: string, deadline: number): Promise<void>;
}

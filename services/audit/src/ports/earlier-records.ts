import type { StoredRecord } from '../append/record-log.js';

/** Finds what has been recorded before. */
export interface EarlierRecords {
  /**
   * The first occurrence of each of these recordIds, by recordId; those that were never recorded are missing.
   *
   * A caller may rely on: whatever the event store had acknowledged before the call, on any replica, is found. When
   * that can't be promised within the deadline (milliseconds since the epoch) it rejects with AppError `STALE` or
   * `UNAVAILABLE`; it MUST NOT answer "not found" instead.
   */
  find(org: string, recordIds: readonly string[], deadline: number): Promise<Map<string, StoredRecord>>;
}

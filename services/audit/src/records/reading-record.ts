import type { AuditRecord, ReadingClaims, ReadingEntry } from '@portcullis/contracts';
import { actorOf, decisionOf, frame, NOWHERE, type Acceptance } from './record-parts.js';

/**
 * That sealed sections may be opened from now on: for whom, for what, and how many at most. What a candidate policy looks at
 * is not in it; the digest of what was asked is.
 */
export function readingRecord(
  entry: ReadingEntry,
  reading: ReadingClaims,
  readingHash: string,
  accepted: Acceptance,
): AuditRecord {
  const { purpose, about, boxes } = reading;
  return {
    ...frame(entry, reading.org, accepted),
    type: 'AdminActionAuthorized',
    class: 'admin',
    actor: actorOf(reading),
    action: {
      ...NOWHERE,
      op: reading.op,
      target: { type: 'sealed-sections', id: purpose },
    },
    decision: { ...decisionOf(reading), result: 'allow', reasons: [] },
    call: { id: reading.call, attempt: reading.attempt, intent: null, deadline: null, argumentBytes: null },
    digests: { arguments: null, definition: null, assertion: reading.pah, grant: readingHash },
    data: { purpose, ...about, boxes },
  };
}

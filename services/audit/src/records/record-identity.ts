import { b64u, canonicalBytes, sha256, type AuditRecord } from '@portcullis/contracts';

/**
 * What makes two records the same statement: everything that their sender or policy said, nothing that audit added
 * (time, nonce, deadline, and whether an outcome counts as recovered). A repeated recordId must have the same
 * identity; otherwise a second call could hide behind the first one's record.
 */
export function recordIdentity(record: AuditRecord): string {
  const {
    recordId,
    org,
    class: recordClass,
    source,
    actor,
    action,
    decision,
    digests,
    outcome,
    data,
  } = record;
  const call = record.call && {
    id: record.call.id,
    attempt: record.call.attempt,
    intent: record.call.intent,
  };
  return b64u(
    sha256(
      canonicalBytes({
        recordId,
        org,
        class: recordClass,
        source,
        actor,
        action,
        decision,
        digests,
        call,
        outcome,
        data,
        occurredAt: record.occurredAt,
      }),
    ),
  );
}

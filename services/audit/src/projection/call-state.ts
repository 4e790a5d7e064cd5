import type { AuditRecord, CallStatus, Outcome } from '@portcullis/contracts';

/** What has become of one grant that was used. */
export interface CallState {
  call: string;
  attempt: number;
  /** recordId and deadline of the intent, null until it has been seen. */
  intent: string | null;
  deadline: string | null;
  status: CallStatus;
  /** The record that decided the status, null while pending. */
  outcomeRecord: string | null;
  outcome: Outcome | null;
}

/**
 * The next state, whatever the order of records: the first outcome counts, and any real outcome replaces the conclusion
 * that the call was interrupted.
 */
export function evolveCall(state: CallState | undefined, record: AuditRecord): CallState | undefined {
  if (!record.call || !record.digests?.grant) return state;
  const { id: call, attempt } = record.call;
  const before: CallState = state ?? {
    call,
    attempt,
    intent: null,
    deadline: null,
    status: 'pending',
    outcomeRecord: null,
    outcome: null,
  };
  if (record.type === 'ToolCallAuthorized') {
    return before.intent === null
      ? { ...before, intent: record.recordId, deadline: record.call.deadline }
      : before;
  }
  const { outcome } = record;
  if (!outcome || !isOpen(before.status, outcome.result)) return before;
  return { ...before, status: outcome.result, outcomeRecord: record.recordId, outcome };
}

/** What a record says by itself of its call: null for what is no call. */
export function ownStatus(record: AuditRecord): CallStatus | null {
  if (record.outcome) return record.outcome.result;
  if (record.type === 'ToolCallDenied' || record.type === 'AdminActionDenied') return 'denied';
  return record.type === 'ToolCallAuthorized' ? 'pending' : null;
}

const isOpen = (status: CallStatus, result: Outcome['result']): boolean =>
  status === 'pending' || (status === 'interrupted' && result !== 'interrupted');

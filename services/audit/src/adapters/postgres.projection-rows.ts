import { canonicalJson } from '@portcullis/contracts';
import { decidedCall, isDecided } from '../decided/decided-call.js';
import type { Overdue } from '../ports/projection.js';
import { ownStatus, type CallState } from '../projection/call-state.js';
import type { ProjectedRecord } from '../projection/project-record.js';
import { columnText } from './column-text.js';

/** A row of `records`, as JSON that `json_to_recordset` reads. */
export function recordRow({ org, stream, revision, record, dataHash }: ProjectedRecord) {
  const { action, actor, call } = record;
  return {
    org_id: org,
    record_id: record.recordId,
    class: record.class,
    type: record.type,
    time: record.time,
    actor: actor.id === null ? null : columnText(actor.id),
    srv: action.srv,
    slug: action.slug,
    tool: action.tool,
    op: columnText(action.op),
    label: action.label,
    rule: record.decision && columnText(record.decision.rule),
    call: call?.id ?? null,
    attempt: call?.attempt ?? null,
    grant_hash: record.digests?.grant ?? null,
    status: ownStatus(record),
    stream,
    revision: String(revision),
    data_hash: dataHash,
    data: canonicalJson(record),
    decided: isDecided(record) ? JSON.stringify(decidedCall(record)) : null,
  };
}

/** A row of `calls`, as it is written. */
interface CallRow {
  org_id: string;
  grant_hash: string;
  call: string;
  attempt: number;
  intent: string | null;
  deadline: string | null;
  status: CallState['status'];
  outcome_record: string | null;
  outcome: CallState['outcome'];
}

export const callRow = ({ org, grantHash }: Overdue, state: CallState): CallRow => ({
  org_id: org,
  grant_hash: grantHash,
  call: state.call,
  attempt: state.attempt,
  intent: state.intent,
  deadline: state.deadline,
  status: state.status,
  outcome_record: state.outcomeRecord,
  outcome: state.outcome && {
    ...state.outcome,
    error: state.outcome.error && columnText(state.outcome.error),
  },
});

import {
  ADMIN_OPERATIONS,
  AppError,
  deterministicId,
  READING_OPERATION,
  type AuditRecord,
  type DenialClaims,
  type DenialEntry,
  type FactEntry,
  type GrantClaims,
  type IntentEntry,
  type OutcomeEntry,
} from '@portcullis/contracts';
import { actionOf, actorOf, decisionOf, frame, NOWHERE, type Acceptance } from './record-parts.js';

/** How long a call may stay without an outcome, from the grant's time, milliseconds. */
export interface IntentTerms {
  deadlineMs: number;
}

const isAdministrative = (op: string): boolean =>
  op === READING_OPERATION || (ADMIN_OPERATIONS as readonly string[]).includes(op);

/** Where a record of this operation belongs. */
const classOf = (op: string): AuditRecord['class'] => (isAdministrative(op) ? 'admin' : 'calls');

/** The entry's sender states nothing of a decision: who, what and why are policy's words in the verified grant. */
export function intentRecord(
  entry: IntentEntry,
  grant: GrantClaims,
  grantHash: string,
  accepted: Acceptance & IntentTerms,
): AuditRecord {
  const admin = isAdministrative(grant.op);
  return {
    ...frame(entry, grant.org, accepted),
    type: admin ? 'AdminActionAuthorized' : 'ToolCallAuthorized',
    class: classOf(grant.op),
    actor: actorOf(grant),
    action: actionOf(grant),
    decision: {
      ...decisionOf(grant),
      result: 'allow',
      reasons: [],
      ...(grant.apr === null ? {} : { approval: grant.apr }),
    },
    call: {
      id: grant.call,
      attempt: grant.attempt,
      intent: null,
      // What became of an admin action is told by the service that did it, as a fact of its own.
      deadline: admin ? null : deadlineOf(grant, accepted.deadlineMs).toISOString(),
      argumentBytes: entry.argumentBytes,
    },
    digests: { arguments: grant.ad, definition: grant.tdg, assertion: grant.pah, grant: grantHash },
    sealed: entry.sealed,
  };
}

/** Policy's own statement that it did not allow: the gateway can neither invent nor soften it. */
export function denialRecord(entry: DenialEntry, denial: DenialClaims, accepted: Acceptance): AuditRecord {
  const admin = isAdministrative(denial.op);
  return {
    ...frame(entry, denial.org, accepted),
    type: admin ? 'AdminActionDenied' : 'ToolCallDenied',
    class: classOf(denial.op),
    actor: actorOf(denial),
    action: actionOf(denial),
    decision: {
      ...decisionOf(denial),
      result: denial.decision,
      // A reason's text may quote the value that was refused: codes and rules are enough here.
      reasons: denial.reasons.map(({ code, rule }) => ({ code, rule })),
    },
    call: {
      id: denial.call,
      attempt: denial.attempt,
      intent: null,
      deadline: null,
      argumentBytes: entry.argumentBytes,
    },
    digests: { arguments: denial.ad, definition: denial.tdg, assertion: denial.pah, grant: null },
    sealed: entry.sealed,
  };
}

/** @throws AppError `INVALID_ARGUMENT` for `interrupted`: only audit concludes that an outcome never came. */
export function outcomeRecord(
  entry: OutcomeEntry,
  grant: GrantClaims,
  grantHash: string,
  accepted: Acceptance & { interrupted: boolean },
): AuditRecord {
  return {
    ...frame(entry, grant.org, accepted),
    type: outcomeType(entry.outcome.result, accepted.interrupted),
    class: classOf(grant.op),
    actor: actorOf(grant),
    action: actionOf(grant),
    call: {
      id: grant.call,
      attempt: grant.attempt,
      intent: entry.intent,
      deadline: null,
      argumentBytes: null,
    },
    digests: { arguments: grant.ad, definition: grant.tdg, assertion: grant.pah, grant: grantHash },
    outcome: entry.outcome,
  };
}

export function factRecord(entry: FactEntry, accepted: Acceptance): AuditRecord {
  return {
    ...frame(entry, entry.org, accepted),
    type: 'AdminActionRecorded',
    class: 'admin',
    actor: { ...entry.actor, client: null, agent: null, session: null },
    action: { ...NOWHERE, op: entry.action, target: entry.target },
    data: entry.data,
    occurredAt: entry.occurredAt,
    sealed: entry.sealed,
  };
}

/** Closes an intent whose outcome never came. The same intent always gives the same recordId, whoever closes it. */
export function interruptedRecord(intent: AuditRecord, accepted: Omit<Acceptance, 'source'>): AuditRecord {
  const { call, digests } = intent;
  if (!call || !digests?.grant) throw new Error(`The record ${intent.recordId} is not an intent`);
  const recordId = interruptedRecordId(intent.org, digests.grant);
  return {
    ...frame({ recordId }, intent.org, { ...accepted, source: 'audit' }),
    type: 'ToolCallInterrupted',
    class: intent.class,
    actor: intent.actor,
    action: intent.action,
    call: { ...call, intent: intent.recordId, argumentBytes: null },
    digests,
    outcome: {
      result: 'interrupted',
      latencyMs: null,
      resultBytes: null,
      resultDigest: null,
      error: null,
      redactions: 0,
    },
  };
}

/** One interruption per grant: a gateway that uses a call id twice can't have one interruption hide the other. */
export const interruptedRecordId = (org: string, grantHash: string): string =>
  deterministicId('portcullis/v1/interrupted', org, grantHash);

/** When the call of this grant counts as interrupted. */
export const deadlineOf = (grant: Pick<GrantClaims, 'iat'>, deadlineMs: number): Date =>
  new Date(grant.iat * 1000 + deadlineMs);

function outcomeType(result: OutcomeEntry['outcome']['result'], interrupted: boolean): AuditRecord['type'] {
  if (result === 'interrupted') {
    throw new AppError('INVALID_ARGUMENT', 'That a call was interrupted is concluded by audit alone.');
  }
  if (interrupted) return 'OutcomeRecovered';
  return result === 'aborted' ? 'AbortedBeforeEffect' : 'ToolCallCompleted';
}

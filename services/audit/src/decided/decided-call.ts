import type { AuditRecord, DecidedCall, SealedBox } from '@portcullis/contracts';

/** Types of the records that a decision about a call is kept in. */
export const DECIDED_TYPES: readonly AuditRecord['type'][] = ['ToolCallAuthorized', 'ToolCallDenied'];

export const isDecided = ({ type }: AuditRecord): boolean => DECIDED_TYPES.includes(type);

/** What a record of one of {@link DECIDED_TYPES} says of its decision. @throws Error for any other record */
export function decidedCall(record: AuditRecord): DecidedCall {
  const { recordId, time, actor, action, decision, digests } = record;
  if (decision === null) throw new Error(`The record ${recordId} holds no decision`);
  return [
    recordId,
    time,
    actor.id,
    actor.kind,
    actor.client,
    actor.agent,
    actor.session,
    action.op,
    action.srv,
    action.tool,
    action.label,
    digests?.definition ?? null,
    decision.result,
    decision.rule,
    decision.revision,
    decision.policyDigest,
    decision.approval !== undefined,
    inputsOf(decision),
  ];
}

/** The sealed section about whoever made the call. */
export const sealedBoxOf = ({ sealed, actor }: AuditRecord): SealedBox | null =>
  sealed.find(({ subject }) => subject === actor.id) ?? null;

function inputsOf({ inputs }: NonNullable<AuditRecord['decision']>): DecidedCall[17] {
  if (inputs === undefined) return null;
  const { time, generation, scopes, context, annotations } = inputs;
  const { protocol = null, transport = null } = context;
  const { readOnlyHint = null, destructiveHint = null } = annotations ?? {};
  return [time, generation, protocol, transport, readOnlyHint, destructiveHint, scopes];
}

import { z } from 'zod';
import {
  actorKindSchema,
  hash32Schema,
  labelSchema,
  sealedBoxSchema,
  slugSchema,
  timeSchema,
  toolNameSchema,
  ulidSchema,
} from '../messages/fields.js';
import { decisionInputsSchema } from '../messages/decision-inputs.js';

/** What became of a call. Payloads are never kept: sizes and digests only (P10, G7). */
export const outcomeSchema = z.strictObject({
  result: z.enum(['success', 'failure', 'timeout', 'cancelled', 'interrupted', 'aborted']),
  /** Milliseconds from the first byte of the client's request to the end of the upstream's answer. */
  latencyMs: z.int().min(0).nullable(),
  /** Size of the upstream's answer in bytes. */
  resultBytes: z.int().min(0).nullable(),
  /** SHA-256 of the upstream's answer as it was forwarded. */
  resultDigest: hash32Schema.nullable(),
  /** Error code where there was one: an HTTP status, a JSON-RPC code, or one of ours. */
  error: z.string().max(64).nullable(),
  /** How many times an opened credential was found in the answer and redacted. */
  redactions: z.int().min(0),
});
export type Outcome = z.infer<typeof outcomeSchema>;

export const RECORD_TYPES = [
  'ToolCallAuthorized',
  'ToolCallDenied',
  'ToolCallCompleted',
  'ToolCallInterrupted',
  'OutcomeRecovered',
  'AbortedBeforeEffect',
  'AdminActionAuthorized',
  'AdminActionDenied',
  'AdminActionRecorded',
] as const;

const recordReasonSchema = z.strictObject({ code: z.string().max(64), rule: z.string().max(128).nullable() });

/**
 * The `data` of every audit event, version 1. Its RFC 8785 bytes are what is hashed into the log, so everything that
 * is to be proven stands inside. Persons appear by opaque id only; their personal fields are in `sealed`.
 */
export const auditRecordSchema = z.strictObject({
  v: z.literal(1),
  type: z.enum(RECORD_TYPES),
  recordId: ulidSchema,
  org: ulidSchema,
  class: z.enum(['calls', 'admin']),
  /** Audit's own clock when it accepted the record. */
  time: timeSchema,
  /** The service whose authenticated request brought the record. */
  source: z.enum(['gateway', 'control', 'vault', 'policy', 'audit']),
  actor: z.strictObject({
    kind: actorKindSchema,
    id: z.string().max(128).nullable(),
    /** OAuth client or application. */
    client: z.string().max(128).nullable(),
    /** Agent that acts on behalf of the user. */
    agent: z.string().max(128).nullable(),
    /** Session or API key id. */
    session: z.string().max(128).nullable(),
  }),
  /** What was asked for. For admin records `op` is the action and `target` its object. */
  action: z.strictObject({
    op: z.string().max(96),
    srv: ulidSchema.nullable(),
    slug: slugSchema.nullable(),
    tool: toolNameSchema.nullable(),
    label: labelSchema.nullable(),
    target: z.strictObject({ type: z.string().max(64), id: z.string().max(300) }).nullable(),
  }),
  decision: z
    .strictObject({
      id: ulidSchema,
      result: z.enum(['allow', 'deny', 'approval_required']),
      rule: z.string().max(128),
      revision: z.int().min(0),
      policyDigest: hash32Schema,
      reasons: z.array(recordReasonSchema).max(32),
      /** The approval that was used; missing where none was needed. */
      approval: ulidSchema.optional(),
      /** What else was decided on; missing in records of administrative operations, and in old ones. */
      inputs: decisionInputsSchema.optional(),
    })
    .nullable(),
  call: z
    .strictObject({
      id: ulidSchema,
      attempt: z.int().min(1),
      /** recordId of the intent; null in the intent itself and in denials. */
      intent: ulidSchema.nullable(),
      /** When an intent without outcome counts as interrupted. */
      deadline: timeSchema.nullable(),
      argumentBytes: z.int().min(0).nullable(),
    })
    .nullable(),
  digests: z
    .strictObject({
      /** Salted argument digest; the salt is in the sealed section. */
      arguments: hash32Schema.nullable(),
      definition: hash32Schema.nullable(),
      assertion: hash32Schema,
      /** SHA-256 of the grant's payload, null for a denial. */
      grant: hash32Schema.nullable(),
    })
    .nullable(),
  outcome: outcomeSchema.nullable(),
  /** Facts of an admin record. */
  data: z.record(z.string(), z.json()).nullable(),
  /** When the fact arose, by its source's clock; null where audit's own clock is the time. */
  occurredAt: timeSchema.nullable(),
  /** 16 random bytes: the hash of a record can't be guessed from its content. */
  nonce: z.string().regex(/^[A-Za-z0-9_-]{22}$/),
  sealed: z.array(sealedBoxSchema).max(8),
});
export type AuditRecord = z.infer<typeof auditRecordSchema>;

/** Stream of an organisation's records of one class and month (of audit's append clock, UTC). */
export function auditStream(org: string, recordClass: 'calls' | 'admin', time: Date): string {
  const month = time.toISOString().slice(0, 7).replace('-', '');
  return `audit-${org}-${recordClass}-${month}`;
}

import { z } from 'zod';
import { ERROR_CODES, type ErrorCode } from '../errors/error-codes.js';
import { auditRecordSchema, outcomeSchema } from '../record/audit-record.js';
import {
  actorKindSchema,
  hash32Schema,
  jwsSchema,
  sealedBoxSchema,
  slugSchema,
  timeSchema,
  toolNameSchema,
  ulidSchema,
} from './fields.js';

const sealed = z.array(sealedBoxSchema).max(8);

/** Who, app, server, tool, label, digests and rule are derived from the grant: the sender can't state them. */
const intentEntrySchema = z.strictObject({
  kind: z.literal('intent'),
  recordId: ulidSchema,
  grant: jwsSchema,
  sealed,
  argumentBytes: z.int().min(0),
});

/** Leave of policy to have sealed sections opened: what it is for, and how many at most, is derived from it. */
const readingEntrySchema = z.strictObject({
  kind: z.literal('reading'),
  recordId: ulidSchema,
  reading: jwsSchema,
});

const denialEntrySchema = z.strictObject({
  kind: z.literal('denial'),
  recordId: ulidSchema,
  denial: jwsSchema,
  sealed,
  argumentBytes: z.int().min(0),
});

/** `grant` again, so that organisation, call and attempt can't be chosen by the sender; it may have expired. */
const outcomeEntrySchema = z.strictObject({
  kind: z.literal('outcome'),
  recordId: ulidSchema,
  grant: jwsSchema,
  intent: ulidSchema,
  outcome: outcomeSchema,
});

/** A fact of control, vault or policy: its source is the service that authenticated the request. */
const factEntrySchema = z.strictObject({
  kind: z.literal('fact'),
  recordId: ulidSchema,
  org: ulidSchema,
  /** Past tense and dotted: `user.created`, `key.revoked`, `policy.RoleGranted.v1`, `secret.stored`. */
  action: z.string().regex(/^[a-z][A-Za-z0-9_.]{1,95}$/),
  actor: z.strictObject({ kind: actorKindSchema, id: z.string().max(128).nullable() }),
  target: z.strictObject({ type: z.string().max(64), id: z.string().max(300) }).nullable(),
  /** Opaque ids, names of rules and tools, counts, digests: never personal data, never a secret. */
  data: z.record(z.string(), z.json()),
  occurredAt: timeSchema,
  sealed,
});

export const appendEntrySchema = z.discriminatedUnion('kind', [
  intentEntrySchema,
  readingEntrySchema,
  denialEntrySchema,
  outcomeEntrySchema,
  factEntrySchema,
]);
export type AppendEntry = z.infer<typeof appendEntrySchema>;
export type IntentEntry = z.infer<typeof intentEntrySchema>;
export type ReadingEntry = z.infer<typeof readingEntrySchema>;
export type DenialEntry = z.infer<typeof denialEntrySchema>;
export type OutcomeEntry = z.infer<typeof outcomeEntrySchema>;
export type FactEntry = z.infer<typeof factEntrySchema>;

export const appendRequestSchema = z.strictObject({ entries: z.array(appendEntrySchema).min(1).max(256) });
export type AppendRequest = z.infer<typeof appendRequestSchema>;

/** One result per entry, in order. `recorded` means durable in the event store; `receipt` only for an intent or a reading. */
export const appendResultSchema = z.discriminatedUnion('status', [
  z.strictObject({
    status: z.literal('recorded'),
    recordId: ulidSchema,
    stream: z.string(),
    revision: z.int().min(0),
    receipt: jwsSchema.nullable(),
  }),
  z.strictObject({
    status: z.literal('refused'),
    recordId: ulidSchema,
    code: z.enum(ERROR_CODES as [ErrorCode, ...ErrorCode[]]),
    message: z.string(),
  }),
]);
export type AppendResult = z.infer<typeof appendResultSchema>;
export const appendReplySchema = z.strictObject({ results: z.array(appendResultSchema) });
export type AppendReply = z.infer<typeof appendReplySchema>;

/** What has become of the call so far. `aborted`: the gateway had given up before the upstream was touched. */
export const callStatusSchema = z.enum([
  'pending',
  'success',
  'failure',
  'timeout',
  'cancelled',
  'denied',
  'interrupted',
  'aborted',
]);
export type CallStatus = z.infer<typeof callStatusSchema>;

/** What a query may ask for. Times are half-open: from ≤ time < to. */
export const auditFilterSchema = z.strictObject({
  class: z.enum(['calls', 'admin']).optional(),
  from: timeSchema.optional(),
  to: timeSchema.optional(),
  actor: z.string().max(128).optional(),
  server: z.union([ulidSchema, slugSchema]).optional(),
  tool: toolNameSchema.optional(),
  /** The state of the call, whichever of its records a row shows. */
  outcome: callStatusSchema.optional(),
  action: z.string().max(96).optional(),
});
export type AuditFilter = z.infer<typeof auditFilterSchema>;

/** The organisation comes from the assertion (audience audit), which must be of an admin (policy was asked before). */
export const auditQueryRequestSchema = z.strictObject({
  assertion: jwsSchema,
  filter: auditFilterSchema,
  limit: z.int().min(1).max(500),
  /** Opaque; from the previous page. */
  cursor: z.string().max(400).nullable(),
});
export type AuditQueryRequest = z.infer<typeof auditQueryRequestSchema>;

/**
 * `record` is exactly what was recorded (`dataHash` is of its RFC 8785 bytes). `state` stands beside it, because it
 * changes when the outcome arrives: the state of the call that the record belongs to, null where there is no call.
 */
export const auditRowSchema = z.strictObject({
  stream: z.string(),
  revision: z.int().min(0),
  dataHash: hash32Schema,
  record: auditRecordSchema,
  state: z
    .strictObject({
      status: callStatusSchema,
      /** recordId of the record that decided the status, null while pending. */
      recordId: ulidSchema.nullable(),
      outcome: outcomeSchema.nullable(),
    })
    .nullable(),
});
export type AuditRow = z.infer<typeof auditRowSchema>;

/** Newest first. */
export const auditPageSchema = z.strictObject({ rows: z.array(auditRowSchema), next: z.string().nullable() });
export type AuditPage = z.infer<typeof auditPageSchema>;

export const auditExportRequestSchema = z.strictObject({
  assertion: jwsSchema,
  filter: auditFilterSchema,
  format: z.enum(['csv', 'jsonl']),
  cursor: z.string().max(400).nullable(),
});
export type AuditExportRequest = z.infer<typeof auditExportRequestSchema>;

/** Oldest first. The first chunk carries the CSV header; `next` null means that this was the last chunk. */
export const auditExportChunkSchema = z.strictObject({
  chunk: z.string(),
  records: z.int().min(0),
  next: z.string().nullable(),
});
export type AuditExportChunk = z.infer<typeof auditExportChunkSchema>;

/** Organisations in one question for policy heads. */
export const MAX_POLICY_HEADS = 500;

/** Of many organisations at once, before any of them is served: asked by policy itself, which has no organisation. */
export const policyHeadsRequestSchema = z.strictObject({
  orgs: z.array(ulidSchema).min(1).max(MAX_POLICY_HEADS),
});
export type PolicyHeadsRequest = z.infer<typeof policyHeadsRequestSchema>;

/** The last fact of policy that is recorded: its revision, and the hash of its link in the chain of facts. */
export const policyHeadSchema = z.strictObject({ revision: z.int().min(0), head: hash32Schema });
export type PolicyHead = z.infer<typeof policyHeadSchema>;

/** One element for each organisation that was asked for, in that order; null where no fact with a head is recorded. */
export const policyHeadsReplySchema = z.strictObject({
  heads: z.array(z.strictObject({ org: ulidSchema, recorded: policyHeadSchema.nullable() })),
});
export type PolicyHeadsReply = z.infer<typeof policyHeadsReplySchema>;

/** Records in one question of which are there. */
export const MAX_RECORDED = 256;

/** Which records are there: for a service that asks after its own facts. */
export const recordedRequestSchema = z.strictObject({
  org: ulidSchema,
  recordIds: z.array(ulidSchema).min(1).max(MAX_RECORDED),
});
export type RecordedRequest = z.infer<typeof recordedRequestSchema>;

/** One element for each id, in order, as far as the search view has come: a record of the last moment may be missing. */
export const recordedReplySchema = z.strictObject({ recorded: z.array(z.boolean()) });
export type RecordedReply = z.infer<typeof recordedReplySchema>;

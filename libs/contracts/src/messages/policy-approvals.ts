import { z } from 'zod';
import { hash32Schema, jwsSchema, nameSchema, timeSchema, toolNameSchema, ulidSchema } from './fields.js';

export const decideApprovalRequestSchema = z.strictObject({
  /** Of the approver. */
  assertion: jwsSchema,
  /** Idempotency: the same id never yields facts twice. */
  commandId: ulidSchema,
  approval: ulidSchema,
  verdict: z.enum(['grant', 'refuse']),
});
export type DecideApprovalRequest = z.infer<typeof decideApprovalRequestSchema>;

export const decideApprovalReplySchema = z.strictObject({
  revision: z.int().min(0),
  policyDigest: hash32Schema,
  facts: z.int().min(0),
});
export type DecideApprovalReply = z.infer<typeof decideApprovalReplySchema>;

export const approvalSchema = z.strictObject({
  approval: ulidSchema,
  /** Who asks, for what. */
  user: ulidSchema,
  srv: ulidSchema,
  tool: toolNameSchema,
  /** Digest of the tool's definition; null where none was seen. */
  definition: hash32Schema.nullable(),
  /** The rule that asks for it. */
  rule: nameSchema,
  requestedAt: timeSchema,
  expiresAt: timeSchema,
  status: z.enum(['pending', 'granted', 'refused', 'consumed', 'expired']),
  decidedBy: z.string().max(128).nullable(),
  /** Whether whoever asked for this list may decide it. */
  mine: z.boolean(),
});
export type Approval = z.infer<typeof approvalSchema>;

export const listApprovalsRequestSchema = z.strictObject({ assertion: jwsSchema });
export type ListApprovalsRequest = z.infer<typeof listApprovalsRequestSchema>;

/** Admins see all, others what they asked for or may approve. Newest first. */
export const listApprovalsReplySchema = z.strictObject({
  revision: z.int().min(0),
  approvals: z.array(approvalSchema).max(500),
  /** False: there are more than are listed. */
  complete: z.boolean(),
});
export type ListApprovalsReply = z.infer<typeof listApprovalsReplySchema>;

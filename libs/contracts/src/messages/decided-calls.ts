import { z } from 'zod';
import { actorKindSchema, hash32Schema, labelSchema, timeSchema, ulidSchema } from './fields.js';

/**
 * One decided call: an intent or a denial, as its record says it. An array in a fixed order, so that a page holds
 * thousands; `JSON.stringify` of it is its canonical form (RFC 8785), since it holds no object and no fraction.
 */
export const decidedCallSchema = z.tuple([
  /* recordId */ ulidSchema,
  /* time of the record, by audit's clock */ timeSchema,
  /* user */ z.string().max(128).nullable(),
  /* kind */ actorKindSchema,
  /* client */ z.string().max(128).nullable(),
  /* agent */ z.string().max(128).nullable(),
  /* session */ z.string().max(128).nullable(),
  /* op */ z.string().max(96),
  /* srv */ z.string().max(26).nullable(),
  /* tool */ z.string().max(128).nullable(),
  /* label */ labelSchema.nullable(),
  /* digest of the tool's definition */ hash32Schema.nullable(),
  /* result */ z.enum(['allow', 'deny', 'approval_required']),
  /* rule */ z.string().max(128),
  /* policy revision */ z.int().min(0),
  /* policy digest */ hash32Schema,
  /* whether a second person had approved it */ z.boolean(),
  /* inputs of the decision, null where the record has none: */
  z
    .tuple([
      /* time of the decision, by policy's clock */ timeSchema,
      /* generation */ z.int().min(0),
      /* protocol */ z.string().max(32).nullable(),
      /* transport */ z.enum(['http', 'grpc', 'nats']).nullable(),
      /* readOnlyHint */ z.boolean().nullable(),
      /* destructiveHint */ z.boolean().nullable(),
      /* scopes */ z.array(z.string().max(64)).max(32),
    ])
    .nullable(),
]);
export type DecidedCall = z.infer<typeof decidedCallSchema>;

const positionSchema = z.strictObject({ time: timeSchema, recordId: ulidSchema });

/**
 * Decided calls of one organisation with from ≤ time < to, by (time, recordId). Policy says which organisation: it is the
 * service that decides who may read what, and has verified the assertion of an admin.
 */
export const decidedCallsRequestSchema = z.strictObject({
  org: ulidSchema,
  from: timeSchema,
  to: timeSchema,
  limit: z.int().min(1).max(5000),
  /** `next` of the previous page. */
  after: positionSchema.nullable(),
});
export type DecidedCallsRequest = z.infer<typeof decidedCallsRequestSchema>;

/**
 * As many rows as fit into one message; `next` null: the period ends here. Each row is the canonical JSON of a
 * {@link DecidedCall}: it is taken apart row by row, and the digest of a period is of these very lines.
 */
export const decidedCallsReplySchema = z.strictObject({
  rows: z.array(z.string().max(8192)),
  next: positionSchema.nullable(),
});
export type DecidedCallsReply = z.infer<typeof decidedCallsReplySchema>;

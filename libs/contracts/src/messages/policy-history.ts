import { z } from 'zod';
import {
  actorKindSchema,
  hash32Schema,
  jwsSchema,
  labelSchema,
  nameSchema,
  slugSchema,
  timeSchema,
  toolNameSchema,
  ulidSchema,
} from './fields.js';
import { checkRequestSchema, decisionSchema } from './policy.js';

/** A moment of an organisation's policy: everything decided up to and including it was in force. */
export const momentSchema = z.union([
  z.strictObject({ time: timeSchema }),
  z.strictObject({ revision: z.int().min(0) }),
]);
export type Moment = z.infer<typeof momentSchema>;

/** The last fact that was in force: its revision, and its own signed time. */
export const factPlaceSchema = z.strictObject({ revision: z.int().min(0), time: timeSchema });
export type FactPlace = z.infer<typeof factPlaceSchema>;

/**
 * A question as a session would have put it. What is missing is not known of the asker: conditions on it are
 * indeterminate, and missing scopes hold nothing back.
 */
export const pastQuestionSchema = z.strictObject({
  ...checkRequestSchema.shape,
  client: z.string().max(128).optional(),
  agent: z.string().max(128).optional(),
  kind: actorKindSchema.exclude(['service']).optional(),
  scopes: z.array(z.string().min(1).max(64)).max(32).optional(),
});
export type PastQuestion = z.infer<typeof pastQuestionSchema>;

/** The organisation is the assertion's, which must be of an admin (`policy.read`). */
export const decideAtRequestSchema = z.strictObject({
  assertion: jwsSchema,
  at: momentSchema,
  question: pastQuestionSchema,
});
export type DecideAtRequest = z.infer<typeof decideAtRequestSchema>;

/** `decision` as it would have been; it is no record of one that was made, and its `decisionId` stands nowhere else. */
export const decideAtReplySchema = z.strictObject({ at: factPlaceSchema, decision: decisionSchema });
export type DecideAtReply = z.infer<typeof decideAtReplySchema>;

export const whoCouldRequestSchema = z.strictObject({
  assertion: jwsSchema,
  at: momentSchema,
  server: slugSchema,
  tool: toolNameSchema,
  limit: z.int().min(1).max(500),
  /** `next` of the previous page. Go on with the `at.revision` of the first page, so that all pages are of one policy. */
  cursor: ulidSchema.nullable(),
});
export type WhoCouldRequest = z.infer<typeof whoCouldRequestSchema>;

export const couldUseSchema = z.strictObject({
  user: ulidSchema,
  /** It depends on the arguments, the client, or another thing that is only known of a call. */
  conditional: z.boolean(),
  /** Rules that allow it, or may. */
  rules: z.array(nameSchema),
  /** Rules that take it back for some calls, or want a second person to approve. */
  unless: z.array(nameSchema),
});

/** By user id. `complete`: this page ends the list; otherwise `next` goes on, also where a page is empty. */
export const whoCouldReplySchema = z.strictObject({
  at: factPlaceSchema,
  policyDigest: hash32Schema,
  srv: ulidSchema,
  /** As an admin had given it; null: nobody could use the tool. */
  label: labelSchema.nullable(),
  users: z.array(couldUseSchema),
  complete: z.boolean(),
  next: ulidSchema.nullable(),
});
export type WhoCouldReply = z.infer<typeof whoCouldReplySchema>;

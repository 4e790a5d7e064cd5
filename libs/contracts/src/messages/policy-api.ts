import { z } from 'zod';
import { ERROR_CODES, type ErrorCode } from '../errors/error-codes.js';
import { hash32Schema, labelSchema, nameSchema, slugSchema, toolNameSchema, ulidSchema } from './fields.js';
import {
  atLeastRevisionSchema,
  checkRequestSchema,
  contextSchema,
  decisionSchema,
  reasonSchema,
} from './policy.js';

/** What internal tools ask beside `check`. The organisation always comes from the caller's credential. */

/** Questions in one `checkMany`. */
export const CHECK_MANY_LIMIT = 100;

/** One question of several: that of `check`, without a revision of its own. */
export const checkItemSchema = checkRequestSchema.omit({ atLeastRevision: true });
export type CheckItem = z.infer<typeof checkItemSchema>;

export const checkManyRequestSchema = z.strictObject({
  /** Each is validated by itself as a {@link checkItemSchema}, so that one that is malformed harms no other. */
  items: z.array(z.unknown()).superRefine((items, context) => {
    if (items.length >= 1 && items.length <= CHECK_MANY_LIMIT) return;
    context.addIssue({
      code: 'custom',
      message: `a request may have 1 to ${CHECK_MANY_LIMIT} items, this one has ${items.length}`,
    });
  }),
  atLeastRevision: atLeastRevisionSchema,
});
export type CheckManyRequest = z.infer<typeof checkManyRequestSchema>;

export const checkResultSchema = z.union([
  z.strictObject({ decision: decisionSchema }),
  z.strictObject({
    error: z.strictObject({
      code: z.enum(ERROR_CODES as [ErrorCode, ...ErrorCode[]]),
      message: z.string(),
    }),
  }),
]);
export type CheckResult = z.infer<typeof checkResultSchema>;

/** One result for each item, in their order, all of one revision. */
export const checkManyReplySchema = z.strictObject({
  results: z.array(checkResultSchema).min(1).max(CHECK_MANY_LIMIT),
  revision: z.int().min(0),
});
export type CheckManyReply = z.infer<typeof checkManyReplySchema>;

/** Tools in one page of `listAllowed`. */
export const LIST_ALLOWED_LIMIT = 500;

export const listAllowedRequestSchema = z.strictObject({
  principal: ulidSchema,
  /** Null: tools of every server. */
  server: slugSchema.nullable(),
  context: contextSchema,
  pageSize: z.int().min(1).max(LIST_ALLOWED_LIMIT),
  /** Of the page before; null: the first page. */
  continuation: z.string().max(2048).nullable(),
  atLeastRevision: atLeastRevisionSchema,
});
export type ListAllowedRequest = z.infer<typeof listAllowedRequestSchema>;

export const allowedToolSchema = z.strictObject({
  server: slugSchema,
  tool: toolNameSchema,
  label: labelSchema,
  /** False: `check` says the same whatever the arguments. True: it depends on them. */
  conditional: z.boolean(),
  /** Some call may need a second person's approval; every call, where it is not conditional. False: none does. */
  approval: z.boolean(),
});

export const listAllowedReplySchema = z.strictObject({
  tools: z.array(allowedToolSchema).max(LIST_ALLOWED_LIMIT),
  /** Nothing is missing behind the last tool. Otherwise `continuation` brings the rest. */
  complete: z.boolean(),
  continuation: z.string().max(2048).nullable(),
  revision: z.int().min(0),
  policyDigest: hash32Schema,
  /** Why the principal may do nothing at all; null where that is not so. */
  refused: reasonSchema.nullable(),
});
export type ListAllowedReply = z.infer<typeof listAllowedReplySchema>;

const truthSchema = z.enum(['yes', 'no', 'indeterminate']);

/** One operator on one path. Never the value that was found. */
export const explainedLeafSchema = z.strictObject({
  path: z.string(),
  operator: z.string(),
  /** JSON text as in the rule; cut, then ending in `…`, behind 500 characters. */
  operand: z.string().max(501),
  /** Of the operator itself; `negated` says that it stands within `$not`, which wants the opposite. */
  truth: truthSchema,
  negated: z.boolean(),
  /** JSON type, or `missing`. */
  found: z.string(),
  /** Why it is not `yes`; null where it is. */
  why: z.string().nullable(),
});

export const explainedRuleSchema = z.strictObject({
  rule: nameSchema,
  effect: z.enum(['allow', 'deny', 'require_approval']),
  /** For the whole organisation, above all other rules. */
  guard: z.boolean(),
  decides: z.boolean(),
  /** For the principal, about the tool, and its condition holds. */
  applies: z.boolean(),
  /** Whether it is for the principal, and by what. */
  subject: z.strictObject({
    applies: z.boolean(),
    everyone: z.boolean(),
    user: z.boolean(),
    roles: z.array(nameSchema),
    groups: z.array(nameSchema),
  }),
  covers: z.strictObject({ server: z.boolean(), tool: z.boolean(), label: z.boolean() }),
  /** Null: the rule has none. */
  condition: z
    .strictObject({
      truth: truthSchema,
      leaves: z.array(explainedLeafSchema),
      omittedLeaves: z.int().min(0),
    })
    .nullable(),
});
export type ExplainedRuleMessage = z.infer<typeof explainedRuleSchema>;

export const explainReplySchema = z.strictObject({
  decision: decisionSchema,
  /** Every rule of the policy, those about this principal and tool first; `omittedRules` more are not shown. */
  rules: z.array(explainedRuleSchema),
  omittedRules: z.int().min(0),
});
export type ExplainReply = z.infer<typeof explainReplySchema>;

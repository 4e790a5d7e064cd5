import { z } from 'zod';
import { conditionSchema } from './condition.js';
import { labelSchema, nameSchema, slugSchema, toolNameSchema, ulidSchema } from './fields.js';

const names = z.array(nameSchema).min(1).max(64);
const serverNames = z
  .array(z.union([z.literal('*'), slugSchema]))
  .min(1)
  .max(64);
const toolPatterns = z
  .array(z.string().regex(/^[A-Za-z0-9_./*-]{1,128}$/, 'must be 1 to 128 of A-Z a-z 0-9 _ - . / *'))
  .min(1)
  .max(256);
const labels = z.array(labelSchema).min(1);
const description = z.string().max(300);

/** Of `require_approval`: who may approve (missing: admins), and how long a request and its approval last. */
const approvalSchema = z.strictObject({
  roles: names.optional(),
  groups: names.optional(),
  expiresInSeconds: z.int().min(60).max(604_800).optional(),
});

/** A rule of a policy document: as {@link ruleSchema}, without what makes a guard. */
export const documentRuleSchema = z.strictObject({
  id: nameSchema,
  effect: z.enum(['allow', 'deny', 'require_approval']),
  description: description.optional(),
  subjects: z
    .strictObject({
      roles: names.optional(),
      groups: names.optional(),
      users: z.array(ulidSchema).min(1).max(256).optional(),
      everyone: z.literal(true).optional(),
    })
    .refine(
      (subjects) => Object.keys(subjects).length > 0,
      'the rule is for nobody: name roles, groups, users or everyone',
    )
    .meta({ minProperties: 1 }),
  servers: serverNames,
  tools: toolPatterns,
  labels: labels.optional(),
  when: conditionSchema.optional(),
  approval: approvalSchema.optional(),
});
export type DocumentRule = z.infer<typeof documentRuleSchema>;

/** An organisation-wide guard: for everyone, above all rules, never an allow. */
export const documentGuardSchema = documentRuleSchema
  .omit({ subjects: true })
  .extend({ effect: z.enum(['deny', 'require_approval']) });
export type DocumentGuard = z.infer<typeof documentGuardSchema>;

/** What happens to a tool whose definition nobody has approved yet, or has changed. */
export const pinningSchema = z.enum(['first_sight', 'approve_first', 'off']);

/** The policy of an organisation as one document: what `ApplyPolicy` takes, and what files of policy add up to. */
export const policyDocumentSchema = z.strictObject({
  /** Name → description. */
  roles: z.record(nameSchema, z.string().max(500)),
  /** Who is in a group is not in the document. */
  groups: z.record(
    nameSchema,
    z.strictObject({ description: z.string().max(500), roles: z.array(nameSchema).max(64) }),
  ),
  /** Slug → what is said of the server and of its tools. */
  servers: z.record(
    slugSchema,
    z.strictObject({ pinning: pinningSchema.optional(), tools: z.record(toolNameSchema, labelSchema) }),
  ),
  rules: z.array(documentRuleSchema).max(10_000),
  guards: z.array(documentGuardSchema).max(1_000),
});
export type PolicyDocument = z.infer<typeof policyDocumentSchema>;

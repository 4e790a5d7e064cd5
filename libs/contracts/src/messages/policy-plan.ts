import { z } from 'zod';
import { hash32Schema, jwsSchema, nameSchema, slugSchema, toolNameSchema, ulidSchema } from './fields.js';
import { checkRequestSchema } from './policy.js';
import { policyDocumentSchema } from './policy-document.js';

/** One thing that is wrong with a policy document. */
export const policyFindingSchema = z.strictObject({
  severity: z.enum(['error', 'warning']),
  /** Stable: `unknown-tool`, `never-fires`, … (docs/reference/policy-language.md). */
  code: z.string().max(64),
  /** Id of the rule or guard that it is about. */
  rule: nameSchema.nullable(),
  /** JSON Pointer into the document. */
  at: z.string().max(2000),
  reason: z.string().max(1000),
});
export type PolicyFinding = z.infer<typeof policyFindingSchema>;

/** Something written that would be other than it is. */
export const policyChangeSchema = z.strictObject({
  part: z.enum(['role', 'group', 'pinning', 'label', 'rule']),
  /** Id, name, slug, or `slug/tool`. */
  name: z.string().max(200),
  change: z.enum(['added', 'removed', 'changed']),
  before: z.json(),
  after: z.json(),
});
export type PolicyChange = z.infer<typeof policyChangeSchema>;

/**
 * What somebody may do with a tool, whatever the arguments: `never`; `depends` on arguments, client, scopes, time or
 * address; `approval` of a second person always; `always`.
 */
export const accessSchema = z.enum(['never', 'depends', 'approval', 'always']);
export type Access = z.infer<typeof accessSchema>;

/** Members whose right to a tool would change. Twice `depends`: it depends on something else. */
export const rightsChangeSchema = z.strictObject({
  server: slugSchema,
  tool: toolNameSchema,
  before: accessSchema,
  after: accessSchema,
  /** The first of them, by id. */
  users: z.array(ulidSchema).max(20),
  members: z.int().min(1),
});
export type RightsChange = z.infer<typeof rightsChangeSchema>;

export const policyPlanRequestSchema = z.strictObject({
  assertion: jwsSchema,
  document: policyDocumentSchema,
});
export type PolicyPlanRequest = z.infer<typeof policyPlanRequestSchema>;

/** What `ApplyPolicy` of the document would do now. Nothing has changed. */
export const policyPlanSchema = z.strictObject({
  revision: z.int().min(0),
  /** Version of the policy now: `basis` of an `ApplyPolicy` of exactly this plan. */
  basis: hash32Schema,
  /** Version that it would be; null when there are errors, and then nothing else was looked at. */
  version: hash32Schema.nullable(),
  findings: z.array(policyFindingSchema),
  /** Findings that did not fit. */
  omittedFindings: z.int().min(0),
  changes: z.array(policyChangeSchema),
  omittedChanges: z.int().min(0),
  rights: z.strictObject({
    changes: z.array(rightsChangeSchema),
    /** False: more may change than is listed. */
    complete: z.boolean(),
  }),
});
export type PolicyPlan = z.infer<typeof policyPlanSchema>;

/** The question of `check`, asked about any user by an admin. */
export const explainForAdminRequestSchema = z.strictObject({
  assertion: jwsSchema,
  question: checkRequestSchema,
});
export type ExplainForAdminRequest = z.infer<typeof explainForAdminRequestSchema>;

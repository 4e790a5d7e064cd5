import { z } from 'zod';

/**
 * Messages of the OpenID AuthZEN Authorization API 1.0 (final, January 2026), sections 5 to 7, as far as this policy decision
 * point reads them. What the specification leaves open is open here too: `properties` of subject and action, and keys of a
 * context that no condition can look at, are accepted and have no say.
 */
const properties = z.record(z.string(), z.unknown());

const subjectSchema = z.strictObject({
  type: z.literal('user', { error: 'must be "user"' }),
  /** ULID of the user. */
  id: z.string(),
  properties: properties.optional(),
});

const actionSchema = z.strictObject({
  /** An operation, such as `tool.call`. */
  name: z.string(),
  properties: properties.optional(),
});

const resourceSchema = z.strictObject({
  type: z.enum(['tool', 'server'], { error: 'must be "tool" or "server"' }),
  /** `<slug>/<tool>` of a tool, the slug of a server. */
  id: z.string(),
  /** Strict: a misspelt `arguments` would be a call without any. */
  properties: z.strictObject({ arguments: z.unknown() }).partial().optional(),
});

/** One question. Every part may be absent here: it may come from the defaults of a request with several. */
export const evaluationPartsSchema = z.strictObject({
  subject: z.unknown().optional(),
  action: z.unknown().optional(),
  resource: z.unknown().optional(),
  context: z.unknown().optional(),
});
export type EvaluationParts = z.infer<typeof evaluationPartsSchema>;

export const evaluationSchema = z.strictObject({
  subject: subjectSchema,
  action: actionSchema,
  resource: resourceSchema,
  context: properties.optional(),
});
export type Evaluation = z.infer<typeof evaluationSchema>;

export const SEMANTICS = ['execute_all', 'deny_on_first_deny', 'permit_on_first_permit'] as const;
export type Semantic = (typeof SEMANTICS)[number];

/** `evaluations` absent or empty: one question, made of the top level alone (section 7.1). */
export const evaluationsSchema = z.strictObject({
  ...evaluationPartsSchema.shape,
  evaluations: z.array(z.unknown()).optional(),
  /** Others than these are for the caller's own use. */
  options: z.looseObject({ evaluations_semantic: z.enum(SEMANTICS).optional() }).optional(),
});
export type Evaluations = z.infer<typeof evaluationsSchema>;

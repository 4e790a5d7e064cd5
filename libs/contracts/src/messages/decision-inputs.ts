import { z } from 'zod';
import { timeSchema } from './fields.js';
import { annotationsSchema, contextSchema } from './policy.js';

/**
 * What a decision looked at and nothing else in its record says, so that it can be made again. The address of the client
 * and the arguments are personal: what is kept of them is sealed.
 */
export const decisionInputsSchema = z.strictObject({
  /** Policy's clock at the decision: `context.time` of conditions. */
  time: timeSchema,
  /** Generation of the session or key. */
  generation: z.int().min(0),
  scopes: z.array(z.string().min(1).max(64)).max(32),
  context: contextSchema.omit({ ip: true }),
  annotations: annotationsSchema.optional(),
});
export type DecisionInputs = z.infer<typeof decisionInputsSchema>;

import { policyPlanRequestSchema, policyPlanSchema } from './messages/policy-plan.js';
import { verb } from './verb.js';

/** Verbs of policy as code; part of `VERBS`. */
export const POLICY_CODE_VERBS = {
  policyPlan: verb(
    {
      subject: 'policy.v1.plan',
      callee: 'policy',
      callers: ['control'],
      request: policyPlanRequestSchema,
      reply: policyPlanSchema,
    },
    { maxRequestKiB: 900, timeoutMs: 8000 },
  ),
} as const;

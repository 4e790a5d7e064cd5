import { explainReplySchema } from './messages/policy-api.js';
import {
  explainForAdminRequestSchema,
  policyPlanRequestSchema,
  policyPlanSchema,
} from './messages/policy-plan.js';
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
  /** As `explain` of internal tools, for an admin of the organisation. */
  explainForAdmin: verb(
    {
      subject: 'policy.v1.explainForAdmin',
      callee: 'policy',
      callers: ['control'],
      request: explainForAdminRequestSchema,
      reply: explainReplySchema,
    },
    { maxRequestKiB: 900 },
  ),
} as const;

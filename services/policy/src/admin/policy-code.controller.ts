import { Controller } from '@nestjs/common';
import {
  VERBS,
  type ExplainForAdminRequest,
  type ExplainReply,
  type PolicyPlan,
  type PolicyPlanRequest,
} from '@portcullis/contracts';
import { ServesVerb } from '@portcullis/platform';
import { ExplainForAdmin } from './explain-for-admin.js';
import { PlanPolicy } from './plan-policy.js';

/** Verbs of control's key that look at the policy and change nothing, for the admin whose assertion they carry. */
@Controller()
export class PolicyCodeController {
  constructor(
    private readonly planPolicy: PlanPolicy,
    private readonly explainForAdmin: ExplainForAdmin,
  ) {}

  @ServesVerb(VERBS.policyPlan)
  plan(request: PolicyPlanRequest): PolicyPlan {
    return this.planPolicy.run(request);
  }

  @ServesVerb(VERBS.explainForAdmin)
  explain(request: ExplainForAdminRequest): Promise<ExplainReply> {
    return this.explainForAdmin.run(request);
  }
}

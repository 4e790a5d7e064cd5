import type { PolicyPlan, PolicyPlanRequest } from '@portcullis/contracts';
import { planPolicy } from '@portcullis/policy-engine';
import type { PrincipalVerifier } from '../authorize/principal-verifier.js';
import type { PolicyDecisions } from '../decisions/policy-decisions.js';
import { requireAdmin } from './require-admin.js';

/** Shows an admin what a document would change in the policy of their own organisation. */
export class PlanPolicy {
  constructor(
    private readonly principals: PrincipalVerifier,
    private readonly decisions: PolicyDecisions,
  ) {}

  /** @throws AppError UNAUTHENTICATED, DENIED_BY_POLICY, UNAVAILABLE */
  run({ assertion, document }: PolicyPlanRequest): PolicyPlan {
    const principal = this.principals.verify(assertion);
    return planPolicy(requireAdmin(this.decisions, principal, 'policy.read'), document);
  }
}

import type { ExplainForAdminRequest, ExplainReply } from '@portcullis/contracts';
import type { PrincipalVerifier } from '../authorize/principal-verifier.js';
import type { ExplainAccess } from '../check/explain-access.js';
import type { PolicyDecisions } from '../decisions/policy-decisions.js';
import { requireAdmin } from './require-admin.js';

/** Tells an admin what would be decided for a user of their own organisation, and why. */
export class ExplainForAdmin {
  constructor(
    private readonly principals: PrincipalVerifier,
    private readonly decisions: PolicyDecisions,
    private readonly explanations: ExplainAccess,
  ) {}

  /** @throws AppError UNAUTHENTICATED, DENIED_BY_POLICY, UNAVAILABLE, STALE */
  async run({ assertion, question }: ExplainForAdminRequest): Promise<ExplainReply> {
    const principal = this.principals.verify(assertion);
    requireAdmin(this.decisions, principal, 'policy.read');
    return this.explanations.run(principal.claims.org, question);
  }
}

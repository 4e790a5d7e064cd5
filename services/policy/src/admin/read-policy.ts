import type { PolicyState, PolicyStateRequest } from '@portcullis/contracts';
import type { PrincipalVerifier } from '../authorize/principal-verifier.js';
import type { PolicyDecisions } from '../decisions/policy-decisions.js';
import { describePolicy } from '../views/policy-state.js';
import { requireAdmin } from './require-admin.js';

/** Shows an admin the current policy of their own organisation. */
export class ReadPolicy {
  constructor(
    private readonly principals: PrincipalVerifier,
    private readonly decisions: PolicyDecisions,
  ) {}

  /** @throws AppError UNAUTHENTICATED, DENIED_BY_POLICY, UNAVAILABLE */
  run({ assertion }: PolicyStateRequest): PolicyState {
    return describePolicy(requireAdmin(this.decisions, this.principals.verify(assertion), 'policy.read'));
  }
}

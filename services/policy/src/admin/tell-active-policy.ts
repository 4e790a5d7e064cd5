import type { ActivePolicy, ActivePolicyRequest } from '@portcullis/contracts';
import type { PrincipalVerifier } from '../authorize/principal-verifier.js';
import type { PolicyDecisions } from '../decisions/policy-decisions.js';
import { requireAdmin } from './require-admin.js';

/** Tells an admin what this very replica decides on for their organisation. */
export class TellActivePolicy {
  constructor(
    private readonly principals: PrincipalVerifier,
    private readonly decisions: PolicyDecisions,
    /** Names the process. */
    private readonly replica: string,
  ) {}

  /** @throws AppError UNAUTHENTICATED, DENIED_BY_POLICY, UNAVAILABLE */
  run({ assertion }: ActivePolicyRequest): ActivePolicy {
    const principal = this.principals.verify(assertion);
    const { revision, digest } = requireAdmin(this.decisions, principal, 'policy.read');
    return { replica: this.replica, revision, policyDigest: digest };
  }
}

import type { Approval, ListApprovalsReply, ListApprovalsRequest } from '@portcullis/contracts';
import { isAdmin, mayApprove } from '@portcullis/policy-engine';
import type { PrincipalVerifier } from '../authorize/principal-verifier.js';
import type { PolicyDecisions } from '../decisions/policy-decisions.js';
import { requireApprover } from './require-approver.js';

const MOST = 500;

/** Requests for approval, of which people see their own and those that they may decide; admins see all. */
export class ListApprovals {
  constructor(
    private readonly principals: PrincipalVerifier,
    private readonly decisions: PolicyDecisions,
    private readonly clock: () => Date,
  ) {}

  /** @throws AppError UNAUTHENTICATED, DENIED_BY_POLICY, UNAVAILABLE */
  run({ assertion }: ListApprovalsRequest): ListApprovalsReply {
    const principal = this.principals.verify(assertion);
    const { state, revision } = requireApprover(this.decisions, principal);
    const { user } = principal.asker;
    const now = this.clock().toISOString();
    const seen = [...state.approvals.values()].flatMap((one): Approval[] => {
      const { roles: _roles, groups: _groups, arguments: _arguments, call: _call, status, ...shown } = one;
      const mine = mayApprove(state, one, user);
      if (!mine && one.user !== user && !isAdmin(state, user)) return [];
      const expired = status === 'pending' && one.expiresAt <= now;
      return [{ ...shown, status: expired ? 'expired' : status, mine }];
    });
    const newest = seen.sort((a, b) => (a.approval < b.approval ? 1 : -1));
    return { revision, approvals: newest.slice(0, MOST), complete: newest.length <= MOST };
  }
}

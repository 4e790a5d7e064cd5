import {
  newId,
  VERBS,
  type DecideApprovalReply,
  type ListApprovalsReply,
  type VerbCaller,
} from '@portcullis/contracts';
import type { Admin } from '../authentication/admin.js';
import type { Assertions } from '../authentication/assertions.js';

/** Shows people what waits for their approval and tells policy what they decide. Control keeps nothing of it. */
export class DecideApprovals {
  constructor(
    private readonly peers: VerbCaller,
    private readonly assertions: Assertions,
  ) {}

  async list(admin: Admin): Promise<Omit<ListApprovalsReply, 'revision'>> {
    const assertion = this.assertions.issue(admin.principal, 'policy');
    const { approvals, complete } = await this.peers.call(VERBS.listApprovals, { assertion });
    return { approvals, complete };
  }

  /** @throws AppError `NOT_FOUND`, `DENIED_BY_POLICY`, `FAILED_PRECONDITION` */
  decide(admin: Admin, approval: string, verdict: 'grant' | 'refuse'): Promise<DecideApprovalReply> {
    const assertion = this.assertions.issue(admin.principal, 'policy');
    return this.peers.call(VERBS.decideApproval, { assertion, commandId: newId(), approval, verdict });
  }
}

import { Controller } from '@nestjs/common';
import {
  VERBS,
  type DecideApprovalReply,
  type DecideApprovalRequest,
  type ListApprovalsReply,
  type ListApprovalsRequest,
} from '@portcullis/contracts';
import { ServesVerb } from '@portcullis/platform';
import { DecideApproval } from './decide-approval.js';
import { ListApprovals } from './list-approvals.js';

@Controller()
export class ApprovalsController {
  constructor(
    private readonly decideApproval: DecideApproval,
    private readonly listApprovals: ListApprovals,
  ) {}

  @ServesVerb(VERBS.decideApproval)
  decide(request: DecideApprovalRequest): Promise<DecideApprovalReply> {
    return this.decideApproval.run(request);
  }

  @ServesVerb(VERBS.listApprovals)
  list(request: ListApprovalsRequest): ListApprovalsReply {
    return this.listApprovals.run(request);
  }
}

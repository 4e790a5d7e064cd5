import { Controller } from '@nestjs/common';
import type { Asked, Reply } from '../http/route.js';
import { AskedFor, Serves } from '../http/serves.js';
import * as routes from './approvals.routes.js';
import { DecideApprovals } from './decide-approvals.js';

@Controller()
export class ApprovalsController {
  constructor(private readonly approvals: DecideApprovals) {}

  @Serves(routes.LIST_APPROVALS)
  list(
    @AskedFor() { admin }: Asked<typeof routes.LIST_APPROVALS>,
  ): Promise<Reply<typeof routes.LIST_APPROVALS>> {
    return this.approvals.list(admin);
  }

  @Serves(routes.DECIDE_APPROVAL)
  decide(
    @AskedFor() { admin, params, body }: Asked<typeof routes.DECIDE_APPROVAL>,
  ): Promise<Reply<typeof routes.DECIDE_APPROVAL>> {
    return this.approvals.decide(admin, params.approval, body.verdict);
  }
}

import { Controller } from '@nestjs/common';
import type { Asked, Reply } from '../http/route.js';
import { AskedFor, Serves } from '../http/serves.js';
import { ChangePolicy } from './change-policy.js';
import * as routes from './documents.routes.js';
import { ExplainPolicy } from './explain-policy.js';
import { PlanPolicy } from './plan-policy.js';

/** Policy as one document. */
@Controller()
export class DocumentsController {
  constructor(
    private readonly plans: PlanPolicy,
    private readonly change: ChangePolicy,
    private readonly explanations: ExplainPolicy,
  ) {}

  @Serves(routes.PLAN_POLICY)
  plan(
    @AskedFor() { admin, body }: Asked<typeof routes.PLAN_POLICY>,
  ): Promise<Reply<typeof routes.PLAN_POLICY>> {
    return this.plans.run(admin, body.document);
  }

  @Serves(routes.APPLY_POLICY)
  apply(
    @AskedFor() { admin, body }: Asked<typeof routes.APPLY_POLICY>,
  ): Promise<Reply<typeof routes.APPLY_POLICY>> {
    return this.change.run(admin, { type: 'ApplyPolicy', ...body });
  }

  @Serves(routes.ROLL_BACK_POLICY)
  rollBack(
    @AskedFor() { admin, body }: Asked<typeof routes.ROLL_BACK_POLICY>,
  ): Promise<Reply<typeof routes.ROLL_BACK_POLICY>> {
    return this.change.run(admin, { type: 'RollbackPolicy', ...body });
  }

  @Serves(routes.EXPLAIN_POLICY)
  explain(
    @AskedFor() { admin, body }: Asked<typeof routes.EXPLAIN_POLICY>,
  ): Promise<Reply<typeof routes.EXPLAIN_POLICY>> {
    return this.explanations.run(admin, body);
  }
}

import { VERBS, type PolicyDocument, type PolicyPlan, type VerbCaller } from '@portcullis/contracts';
import type { Admin } from '../authentication/admin.js';
import type { Assertions } from '../authentication/assertions.js';

/** Asks policy what a document would change. Nothing changes. */
export class PlanPolicy {
  constructor(
    private readonly peers: VerbCaller,
    private readonly assertions: Assertions,
  ) {}

  run(admin: Admin, document: PolicyDocument): Promise<PolicyPlan> {
    return this.peers.call(VERBS.policyPlan, {
      assertion: this.assertions.issue(admin.principal, 'policy'),
      document,
    });
  }
}

import { VERBS, type CheckRequest, type ExplainReply, type VerbCaller } from '@portcullis/contracts';
import type { Admin } from '../authentication/admin.js';
import type { Assertions } from '../authentication/assertions.js';

/** Asks policy what it would decide for a user of the admin's organisation, and why. */
export class ExplainPolicy {
  constructor(
    private readonly peers: VerbCaller,
    private readonly assertions: Assertions,
  ) {}

  run(admin: Admin, question: CheckRequest): Promise<ExplainReply> {
    const assertion = this.assertions.issue(admin.principal, 'policy');
    return this.peers.call(VERBS.explainForAdmin, { assertion, question });
  }
}

import { VERBS, type PolicyState, type VerbCaller } from '@portcullis/contracts';
import type { Admin } from '../authentication/admin.js';
import type { Assertions } from '../authentication/assertions.js';

/** Asks policy for its present state: control keeps no copy. */
export class ReadPolicy {
  constructor(
    private readonly peers: VerbCaller,
    private readonly assertions: Assertions,
  ) {}

  run(admin: Admin): Promise<PolicyState> {
    return this.peers.call(VERBS.policyState, {
      assertion: this.assertions.issue(admin.principal, 'policy'),
    });
  }
}

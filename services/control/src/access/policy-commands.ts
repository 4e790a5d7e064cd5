import {
  newId,
  VERBS,
  type PolicyCommand,
  type PolicyCommandReply,
  type VerbCaller,
} from '@portcullis/contracts';
import type { Admin } from '../authentication/admin.js';
import type { Assertions } from '../authentication/assertions.js';

/**
 * Tells policy what an admin wants changed; it has happened when this returns. All commands of one call or none.
 *
 * Policy treats what is so already as done, so sending the same commands again after a lost answer is harmless; a
 * `commandId` is given only where a command must never lead to facts twice.
 */
export class PolicyCommands {
  constructor(
    private readonly peers: VerbCaller,
    private readonly assertions: Assertions,
  ) {}

  send(admin: Admin, commands: PolicyCommand[], commandId: string = newId()): Promise<PolicyCommandReply> {
    const assertion = this.assertions.issue(admin.principal, 'policy');
    return this.peers.call(VERBS.policyCommand, { assertion, commandId, commands });
  }

  /** Without an admin: only the founding of the home organisation, which policy accepts once. */
  sendAsInstallation(commands: PolicyCommand[], commandId: string): Promise<PolicyCommandReply> {
    return this.peers.call(VERBS.policyCommand, { assertion: null, commandId, commands });
  }
}

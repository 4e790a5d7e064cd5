import { Controller } from '@nestjs/common';
import {
  VERBS,
  type ActivePolicy,
  type ActivePolicyRequest,
  type Authorization,
  type AuthorizeAdminRequest,
  type PolicyCommandReply,
  type PolicyCommandRequest,
  type PolicyState,
  type PolicyStateRequest,
} from '@portcullis/contracts';
import { ServesVerb } from '@portcullis/platform';
import { ExecuteCommands } from '../commands/execute-commands.js';
import { AuthorizeAdmin } from './authorize-admin.js';
import { ReadPolicy } from './read-policy.js';
import { TellActivePolicy } from './tell-active-policy.js';

/** Verbs of control's key. Each carries the assertion of the admin it is done for. */
@Controller()
export class AdminController {
  constructor(
    private readonly authorizeAdmin: AuthorizeAdmin,
    private readonly executeCommands: ExecuteCommands,
    private readonly readPolicy: ReadPolicy,
    private readonly activePolicy: TellActivePolicy,
  ) {}

  @ServesVerb(VERBS.authorizeAdmin)
  authorize(request: AuthorizeAdminRequest): Authorization {
    return this.authorizeAdmin.run(request);
  }

  @ServesVerb(VERBS.policyCommand)
  command(request: PolicyCommandRequest): Promise<PolicyCommandReply> {
    return this.executeCommands.run(request);
  }

  @ServesVerb(VERBS.policyState)
  state(request: PolicyStateRequest): PolicyState {
    return this.readPolicy.run(request);
  }

  @ServesVerb(VERBS.activePolicy)
  active(request: ActivePolicyRequest): ActivePolicy {
    return this.activePolicy.run(request);
  }
}

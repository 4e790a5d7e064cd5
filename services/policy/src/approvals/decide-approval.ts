import type { DecideApprovalReply, DecideApprovalRequest } from '@portcullis/contracts';
import type { CommandHandler } from '@portcullis/eventing';
import type { Actor, CommandBatch, Fact, PolicyState } from '@portcullis/policy-engine';
import type { PrincipalVerifier } from '../authorize/principal-verifier.js';
import type { PolicyDecisions } from '../decisions/policy-decisions.js';
import type { PolicyReplica } from '../replica/policy-replica.js';
import { requireApprover } from './require-approver.js';

export interface DecideApprovalDeps {
  principals: PrincipalVerifier;
  decisions: PolicyDecisions;
  handler: CommandHandler<string, CommandBatch, PolicyState, Fact>;
  replica: Pick<PolicyReplica, 'catchUp' | 'view'>;
  clock: () => Date;
}

/** A second person says yes or no to one call of somebody else. */
export class DecideApproval {
  constructor(private readonly deps: DecideApprovalDeps) {}

  /** @throws AppError UNAUTHENTICATED, DENIED_BY_POLICY, NOT_FOUND, FAILED_PRECONDITION, UNAVAILABLE */
  async run({
    assertion,
    commandId,
    approval,
    verdict,
  }: DecideApprovalRequest): Promise<DecideApprovalReply> {
    const { principals, decisions, handler, replica, clock } = this.deps;
    const principal = principals.verify(assertion);
    requireApprover(decisions, principal);
    const { org, kind, sub } = principal.claims;
    const actor: Actor = { kind, id: sub };
    const time = clock().toISOString();
    const command = { type: 'DecideApproval' as const, time, approval, verdict, by: actor };
    const batch: CommandBatch = { org, commandId, time, actor, commands: [command] };
    const context = { correlation: commandId, causation: commandId, actor, time };
    const { events, revision } = await handler.handle(org, batch, context);
    await replica.catchUp(org, revision);
    return {
      revision: Number(revision),
      policyDigest: replica.view(org).snapshot.digest,
      facts: events.length,
    };
  }
}

import type { DecideApprovalReply, DecideApprovalRequest } from '@portcullis/contracts';
import type { Actor } from '@portcullis/policy-engine';
import type { PrincipalVerifier } from '../authorize/principal-verifier.js';
import type { PolicyWriter } from '../commands/policy-writer.js';
import type { PolicyDecisions } from '../decisions/policy-decisions.js';
import type { PolicyReplica } from '../replica/policy-replica.js';
import { requireApprover } from './require-approver.js';

export interface DecideApprovalDeps {
  principals: PrincipalVerifier;
  decisions: PolicyDecisions;
  writer: Pick<PolicyWriter, 'write'>;
  replica: Pick<PolicyReplica, 'view'>;
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
    const { principals, decisions, writer, replica, clock } = this.deps;
    const principal = principals.verify(assertion);
    requireApprover(decisions, principal);
    const { org, kind, sub } = principal.claims;
    const actor: Actor = { kind, id: sub };
    const time = clock().toISOString();
    const command = { type: 'DecideApproval' as const, time, approval, verdict, by: actor };
    const written = await writer.write({ org, commandId, time, actor, commands: [command] });
    return { ...written, policyDigest: replica.view(org).snapshot.digest };
  }
}

import { AppError } from '@portcullis/contracts';
import { allowBy, refuseAsker, type Snapshot } from '@portcullis/policy-engine';
import type { Principal } from '../authorize/principal-verifier.js';
import type { PolicyDecisions } from '../decisions/policy-decisions.js';

/**
 * A member with a live credential, in person: no agent approves on anybody's behalf. Which requests they may decide is
 * looked at for each.
 * @throws AppError DENIED_BY_POLICY with rule and revision
 */
export function requireApprover(decisions: PolicyDecisions, { claims, asker }: Principal): Snapshot {
  const { decision, snapshot } = decisions.decide(
    claims.org,
    (policy) =>
      refuseAsker(policy, asker) ?? allowBy('approver', 'members decide what rules let them approve'),
  );
  const { rule, revision } = decision;
  if (decision.decision !== 'allow')
    throw new AppError('DENIED_BY_POLICY', decision.message, { details: { rule, revision } });
  if (claims.kind !== 'user' || asker.agent !== null)
    throw new AppError('DENIED_BY_POLICY', 'Approvals are decided by people, not by agents for them.');
  return snapshot;
}

import { AppError, type AdminOperation } from '@portcullis/contracts';
import type { Snapshot } from '@portcullis/policy-engine';
import type { Principal } from '../authorize/principal-verifier.js';
import type { PolicyDecisions } from '../decisions/policy-decisions.js';
import { decideAdmin } from './decide-admin.js';

/**
 * For policy's own administrative verbs: the policy they were allowed under, or an error that explains itself.
 * @throws AppError DENIED_BY_POLICY with rule and revision
 */
export function requireAdmin(
  decisions: PolicyDecisions,
  { claims, asker }: Principal,
  operation: AdminOperation,
): Snapshot {
  const { decision, snapshot } = decisions.decide(claims.org, (policy) =>
    decideAdmin(policy, { asker, operation, secret: null }),
  );
  if (decision.decision === 'allow') return snapshot;
  const { rule, revision } = decision;
  throw new AppError('DENIED_BY_POLICY', decision.message, { details: { rule, revision } });
}

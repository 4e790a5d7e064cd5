import type { Secret } from '@portcullis/contracts';
import type { PolicyReplica } from '../replica/policy-replica.js';
import { CheckAccess } from './check-access.js';
import { CheckMany } from './check-many.js';
import { ExplainAccess } from './explain-access.js';
import { FreshPolicies } from './fresh-policies.js';
import { ListAllowed } from './list-allowed.js';
import { ListContinuations } from './list-continuation.js';

/** What internal tools may ask: one object of each, behind every transport. */
export interface PolicyApi {
  checkAccess: CheckAccess;
  checkMany: CheckMany;
  listAllowed: ListAllowed;
  explainAccess: ExplainAccess;
}

export function policyApi(
  replica: Pick<PolicyReplica, 'view' | 'catchUp'>,
  root: Secret,
  clock: () => Date,
): PolicyApi {
  const policies = new FreshPolicies(replica, clock);
  return {
    checkAccess: new CheckAccess(policies),
    checkMany: new CheckMany(policies),
    listAllowed: new ListAllowed(policies, new ListContinuations(root)),
    explainAccess: new ExplainAccess(policies),
  };
}

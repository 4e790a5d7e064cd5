import type { CatalogueExpectation } from '@portcullis/platform';

export const SCHEMA = 'audit';

/**
 * The storage rules that PostgreSQL's catalogue is checked against. Exempt are tables without a tenant's data:
 * `checkpoints` is about the subscription, and `deadlines` holds ids only, so that the job finds what is overdue in all
 * organisations; only the job role may read it.
 */
export const CATALOGUE: CatalogueExpectation = {
  schema: SCHEMA,
  exempt: ['checkpoints', 'deadlines'],
  definerFunctions: ['find_policy_heads'],
  roles: ['audit_app', 'audit_job'],
};

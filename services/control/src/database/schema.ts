import type { CatalogueExpectation } from '@portcullis/platform';

export const SCHEMA = 'control';

/** The storage rules that PostgreSQL's catalogue is checked against. */
export const CATALOGUE: CatalogueExpectation = {
  schema: SCHEMA,
  // The barrier's: of the installation, not of a tenant. No role of the service may touch them, only its functions may.
  exempt: ['barrier_position', 'organisation_epochs', 'replica_leases'],
  definerFunctions: [
    'find_api_key',
    'organisation_count',
    'organisations_with_outbox',
    'barrier_advance',
    'barrier_renew',
    'barrier_leases',
    'barrier_forget',
  ],
  roles: ['control_app', 'control_job'],
};

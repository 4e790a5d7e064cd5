import type { CatalogueExpectation } from '@portcullis/platform';

/** The storage rules that PostgreSQL's catalogue is checked against: every table is a tenant's. */
export const CATALOGUE: CatalogueExpectation = {
  schema: 'vault',
  exempt: [],
  definerFunctions: [],
  roles: ['vault_app', 'vault_job'],
};

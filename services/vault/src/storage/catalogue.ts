import type { CatalogueExpectation } from '@portcullis/platform';

/** The storage rules that PostgreSQL's catalogue is checked against: every table with tenants' rows is theirs alone. */
export const CATALOGUE: CatalogueExpectation = {
  schema: 'vault',
  exempt: ['key_versions', 'rewraps'],
  definerFunctions: [],
  roles: ['vault_app', 'vault_job'],
};

import type { CatalogueExpectation } from '@portcullis/platform';

export const SCHEMA = 'control';

/** The storage rules that PostgreSQL's catalogue is checked against. */
export const CATALOGUE: CatalogueExpectation = {
  schema: SCHEMA,
  exempt: [],
  definerFunctions: ['find_api_key', 'organisation_count', 'organisations_with_outbox'],
  roles: ['control_app', 'control_job'],
};

import { installedPostgres } from '@portcullis/embedded-postgres';
import { fail, ok } from '../finding.js';
import type { Check } from '../run-checks.js';

export const postgresBinariesCheck = (): Check => ({
  id: 'postgres-binaries',
  run: () => {
    try {
      return [ok(`PostgreSQL ${installedPostgres()} is installed with the dependencies`)];
    } catch (error) {
      return [fail((error as Error).message, 'npm ci')];
    }
  },
});

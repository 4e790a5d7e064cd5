import { createLogger } from '../logging/logger.js';
import { migrate, type MigrationOptions } from './migrate.js';

/** Life of a migration's process: brings the schema up to date, says which migrations ran, exits with 1 on failure. */
export async function runMigrations(service: string, options: MigrationOptions): Promise<void> {
  const logger = createLogger(service, 'info');
  try {
    logger.info({ done: await migrate(options) }, 'the schema is up to date');
  } catch (err) {
    logger.fatal({ err }, 'the migration failed');
    process.exit(1);
  }
}

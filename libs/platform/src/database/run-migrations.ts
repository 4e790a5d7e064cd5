import { createLogger } from '../logging/logger.js';
import { checkSchema, type SchemaOptions } from './check-schema.js';
import { migrate } from './migrate.js';

/**
 * Life of a migration's process: brings the schema up to date and says which migrations ran. With `--check` it changes
 * nothing and prints a {@link SchemaReport} as one line of JSON on stdout. Exits with 1 on failure.
 */
export async function runMigrations(service: string, options: SchemaOptions): Promise<void> {
  const logger = createLogger(service, 'info');
  try {
    if (process.argv.includes('--check'))
      process.stdout.write(`${JSON.stringify(await checkSchema(options))}\n`);
    else logger.info({ done: await migrate(options) }, 'the schema is up to date');
  } catch (err) {
    logger.fatal({ err }, 'the migration failed');
    process.exit(1);
  }
}

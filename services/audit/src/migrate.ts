import { createLogger, exitOnBadConfig, migrate } from '@portcullis/platform';
import { loadMigrationConfig } from './config.js';
import { MIGRATIONS } from './database/migrations.js';
import { SCHEMA } from './database/schema.js';

const config = exitOnBadConfig(() => loadMigrationConfig());
const logger = createLogger('audit', 'info');
try {
  const done = await migrate({
    ownerUrl: config.DATABASE_OWNER_URL_FILE,
    schema: SCHEMA,
    migrations: MIGRATIONS,
  });
  logger.info({ done }, 'the schema is up to date');
} catch (err) {
  logger.fatal({ err }, 'the migration failed');
  process.exit(1);
}

import { createLogger, exitOnBadConfig, migrate } from '@portcullis/platform';
import { loadMigrationConfig } from './config.js';
import { MIGRATIONS } from './storage/migrations.js';

const config = exitOnBadConfig(() => loadMigrationConfig());
const logger = createLogger('vault', 'info');
try {
  const done = await migrate({
    ownerUrl: config.DATABASE_OWNER_URL_FILE,
    schema: 'vault',
    migrations: MIGRATIONS,
  });
  logger.info({ done }, 'the schema is up to date');
} catch (err) {
  logger.fatal({ err }, 'the migration failed');
  process.exit(1);
}

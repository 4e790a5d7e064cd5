import { exitOnBadConfig, runMigrations } from '@portcullis/platform';
import { loadMigrationConfig } from './config.js';
import { MIGRATIONS } from './database/migrations.js';
import { CATALOGUE, SCHEMA } from './database/schema.js';

const config = exitOnBadConfig(() => loadMigrationConfig());
await runMigrations('audit', {
  ownerUrl: config.DATABASE_OWNER_URL_FILE,
  schema: SCHEMA,
  migrations: MIGRATIONS,
  catalogue: CATALOGUE,
});

import { exitOnBadConfig, runMigrations } from '@portcullis/platform';
import { readMigrationConfig } from './config.js';
import { MIGRATIONS } from './database/migrations.js';
import { CATALOGUE } from './database/schema.js';

const config = exitOnBadConfig(() => readMigrationConfig());
await runMigrations('control', {
  ownerUrl: config.DATABASE_OWNER_URL_FILE,
  schema: CATALOGUE.schema,
  migrations: MIGRATIONS,
  catalogue: CATALOGUE,
});

import { exitOnBadConfig, runMigrations } from '@portcullis/platform';
import { loadMigrationConfig } from './config.js';
import { CATALOGUE } from './storage/catalogue.js';
import { MIGRATIONS } from './storage/migrations.js';

const config = exitOnBadConfig(() => loadMigrationConfig());
await runMigrations('vault', {
  ownerUrl: config.DATABASE_OWNER_URL_FILE,
  schema: CATALOGUE.schema,
  migrations: MIGRATIONS,
  catalogue: CATALOGUE,
});

import type { Secret } from '@portcullis/contracts';
import { DataSource, type MigrationInterface } from 'typeorm';

export interface MigrationOptions {
  /** URL of the schema's owner: used for migrations only, never by the running service. */
  ownerUrl: Secret;
  schema: string;
  migrations: (new () => MigrationInterface)[];
}

/** Advisory lock so that two replicas that start together don't migrate together. Arbitrary, but the same for all. */
const MIGRATION_LOCK = 7_203_115;

/** Brings the schema up to date, all or nothing, and gives the names of the migrations that ran. */
export async function migrate(options: MigrationOptions): Promise<string[]> {
  const dataSource = await new DataSource({
    type: 'postgres',
    url: options.ownerUrl.revealText(),
    schema: options.schema,
    migrations: options.migrations,
    migrationsTableName: 'schema_migrations',
    logging: false,
    poolSize: 2,
    extra: { options: `-c search_path=${options.schema}` },
  }).initialize();
  const lock = dataSource.createQueryRunner();
  try {
    await lock.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const done = await dataSource.runMigrations({ transaction: 'all' });
    return done.map((migration) => migration.name);
  } finally {
    await lock.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]);
    await lock.release();
    await dataSource.destroy();
  }
}

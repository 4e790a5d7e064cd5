import { DataSource } from 'typeorm';
import type { MigrationOptions } from './migrate.js';
import { catalogueFaults, type CatalogueExpectation } from './row-level-security.js';

export interface SchemaOptions extends MigrationOptions {
  /** The storage rules of the service, for the schema of the migrations. */
  catalogue: Omit<CatalogueExpectation, 'schema'>;
}

/** How a schema stands to the program that looks at it. */
export interface SchemaReport {
  /** Names of the migrations that this program has, in order. */
  known: string[];
  /** Names of those that the database has seen, in order; one that is not known is of a newer program. */
  applied: string[];
  /** Deviations from the storage rules, as {@link catalogueFaults} words them. */
  faults: string[];
}

/** Looks at a schema and changes nothing. Rejects when the database does not answer or refuses the role. */
export async function checkSchema(options: SchemaOptions): Promise<SchemaReport> {
  const { schema } = options;
  const dataSource = await new DataSource({
    type: 'postgres',
    url: options.ownerUrl.revealText(),
    logging: false,
    poolSize: 1,
    extra: { options: '-c default_transaction_read_only=on' },
  }).initialize();
  try {
    const [table] = await dataSource.query<{ exists: boolean }[]>(
      'SELECT to_regclass($1) IS NOT NULL AS exists',
      [`${schema}.schema_migrations`],
    );
    const rows = table?.exists
      ? await dataSource.query<{ name: string }[]>(
          `SELECT name FROM "${schema}".schema_migrations ORDER BY id`,
        )
      : [];
    return {
      known: options.migrations.map((Migration) => new Migration().name ?? Migration.name),
      applied: rows.map(({ name }) => name),
      faults: await catalogueFaults(dataSource, { schema, ...options.catalogue }),
    };
  } finally {
    await dataSource.destroy();
  }
}

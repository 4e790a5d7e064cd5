import type { Secret } from '@portcullis/contracts';
import { DataSource, type EntitySchema } from 'typeorm';

export interface DatabaseOptions {
  /**
   * postgres://user:password@host:port/database of a role that neither owns tables nor bypasses row-level security. With
   * `?sslmode=verify-full&sslrootcert=FILE` nothing but TLS is spoken, with a certificate of that authority for that host.
   */
  url: Secret;
  /** The service's own schema; it is also the search path. */
  schema: string;
  applicationName: string;
  entities?: (EntitySchema | (new () => unknown))[];
  poolSize?: number;
  /** Statements are sent without waiting for the answers to those before: for `pipelinedTransaction`. */
  pipeline?: boolean;
}

/** Milliseconds after which PostgreSQL ends a statement: nothing waits for ever on a lock. */
const STATEMENT_TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 5000;

/** Connects a pool. The role decides what it may see; nothing is created or migrated here. */
export async function connectDatabase(options: DatabaseOptions): Promise<DataSource> {
  const dataSource = new DataSource({
    type: 'postgres',
    url: options.url.revealText(),
    schema: options.schema,
    applicationName: options.applicationName,
    entities: options.entities ?? [],
    synchronize: false,
    // TypeORM would print queries with their parameters.
    logging: false,
    poolSize: options.poolSize ?? 10,
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    extra: {
      statement_timeout: STATEMENT_TIMEOUT_MS,
      options: `-c search_path=${options.schema}`,
      pipeline: options.pipeline ?? false,
    },
  });
  return dataSource.initialize();
}

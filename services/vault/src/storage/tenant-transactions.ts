import { AppError } from '@portcullis/contracts';
import type { DataSource, EntityManager } from 'typeorm';

/** PostgreSQL error classes that say "not now" rather than "never": connection, resources, operator intervention. */
const UNAVAILABLE_CLASSES = ['08', '53', '57', '58'];
const NETWORK = /ECONN|ETIMEDOUT|ENOTFOUND|EPIPE|terminated|timeout|not connected/i;

export interface TransactionOptions {
  /**
   * Wait until the commit is on disk (default). `false` only where losing the last moments in a crash of the database
   * harms nobody.
   */
  durable?: boolean;
}

/** Everything the vault reads or writes happens in one transaction of one organisation: row-level security sees to it. */
export class TenantTransactions {
  constructor(private readonly dataSource: DataSource) {}

  /** @throws AppError `UNAVAILABLE` when the database can't be reached; whether it has committed is unknown then. */
  async run<T>(
    org: string,
    work: (manager: EntityManager) => Promise<T>,
    { durable = true }: TransactionOptions = {},
  ): Promise<T> {
    try {
      return await this.dataSource.transaction(async (manager) => {
        // Both settings end with the transaction, so a pooled connection never carries them to the next one.
        await manager.query(
          `SELECT set_config('app.org_id', $1, true), set_config('synchronous_commit', $2, true)`,
          [org, durable ? 'on' : 'off'],
        );
        return work(manager);
      });
    } catch (error) {
      throw translate(error);
    }
  }
}

function translate(error: unknown): unknown {
  if (error instanceof AppError) return error;
  const code = (error as { code?: unknown }).code;
  const sqlState = typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : null;
  const message = error instanceof Error ? error.message : '';
  const unavailable =
    sqlState === null
      ? NETWORK.test(`${String(code)} ${message}`)
      : UNAVAILABLE_CLASSES.includes(sqlState.slice(0, 2));
  return unavailable
    ? new AppError('UNAVAILABLE', "The vault's database is not available.", { cause: error })
    : error;
}

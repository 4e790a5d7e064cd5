import { AppError } from '@portcullis/contracts';
import type { Logger } from '@portcullis/platform';
import type { DataSource, EntityManager } from 'typeorm';

/** PostgreSQL error classes that say "not now" rather than "never": connection, log-in, resources, intervention, I/O. */
const UNAVAILABLE_CLASSES = ['08', '28', '53', '57', '58'];
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
  constructor(
    private readonly dataSource: DataSource,
    private readonly logger: Logger,
  ) {}

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
    } catch (err) {
      if (!isUnavailable(err)) throw err;
      this.logger.warn({ err }, 'the database is not available');
      throw new AppError('UNAVAILABLE', "The vault's database is not available.", { cause: err });
    }
  }
}

function isUnavailable(error: unknown): boolean {
  if (error instanceof AppError) return false;
  const code = (error as { code?: unknown }).code;
  const message = error instanceof Error ? error.message : '';
  const isSqlState = typeof code === 'string' && /^(?=.*\d)[0-9A-Z]{5}$/.test(code);
  return isSqlState
    ? UNAVAILABLE_CLASSES.includes(code.slice(0, 2))
    : NETWORK.test(`${String(code)} ${message}`);
}

import { AppError } from '@portcullis/contracts';
import {
  organisationContext,
  pipelinedTransaction,
  type Logger,
  type Statement,
  type Tracer,
} from '@portcullis/platform';
import type { DataSource, EntityManager } from 'typeorm';

/** PostgreSQL error classes that say "not now" rather than "never": connection, log-in, resources, intervention, I/O. */
const UNAVAILABLE_CLASSES = ['08', '28', '53', '57', '58'];
const NETWORK = /ECONN|ETIMEDOUT|ENOTFOUND|EPIPE|terminated|timeout|not connected|not queryable/i;

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
    private readonly tracer: Pick<Tracer, 'run'>,
  ) {}

  /** @throws AppError `UNAVAILABLE` when the database can't be reached; whether it has committed is unknown then. */
  async run<T>(
    org: string,
    work: (manager: EntityManager) => Promise<T>,
    { durable = true }: TransactionOptions = {},
  ): Promise<T> {
    const { text, values } = organisationContext(org, { durable });
    return this.guard(() =>
      this.dataSource.transaction(async (manager) => {
        await manager.query(text, values);
        return work(manager);
      }),
    );
  }

  /**
   * Statements that don't depend on each other's answers, in one transaction and one round trip; gives the rows of
   * each. Resolves only after the commit was confirmed, so nothing is read out of a transaction that didn't come about.
   *
   * @throws AppError `UNAVAILABLE`, as above
   */
  async together(
    org: string,
    statements: readonly Statement[],
    { durable = true }: TransactionOptions = {},
  ): Promise<unknown[][]> {
    return this.guard(() =>
      pipelinedTransaction(this.dataSource, (send) => {
        const context = send(organisationContext(org, { durable }));
        const rows = Promise.all(statements.map((statement) => send(statement)));
        return Promise.resolve({ answers: Promise.all([rows, context]).then(([answers]) => answers) });
      }),
    );
  }

  private async guard<T>(transaction: () => Promise<T>): Promise<T> {
    try {
      return await this.tracer.run({ name: 'database transaction' }, transaction);
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

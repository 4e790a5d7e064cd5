import {
  databaseAway,
  organisationContext,
  pipelinedTransaction,
  type Logger,
  type Statement,
  type Tracer,
} from '@portcullis/platform';
import type { DataSource, EntityManager } from 'typeorm';

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
      const away = databaseAway(err);
      if (away === undefined) throw err;
      this.logger.warn({ err }, 'the database is not available');
      throw away;
    }
  }
}

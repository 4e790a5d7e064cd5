import type { Logger } from '@portcullis/platform';
import type { DataSource, QueryRunner } from 'typeorm';
import type { LeaderWork, Leadership } from '../ports/leadership.js';

const INTERVAL_MS = 1000;
const TRY_LOCK = `SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS locked`;

/**
 * {@link Leadership} by an advisory lock of one PostgreSQL session: the lock ends with the session, so a replica that
 * died is followed by another within a second.
 */
export class PostgresLeadership implements Leadership {
  #session: QueryRunner | undefined;
  #timer: NodeJS.Timeout | undefined;
  #turn: Promise<void> | undefined;
  #leads: boolean | null = null;
  #resigned = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly name: string,
    private readonly logger: Logger,
  ) {}

  campaign(work: LeaderWork): void {
    const again = (): void => {
      this.#turn = this.#compete(work).finally(() => {
        if (!this.#resigned) this.#timer = setTimeout(again, INTERVAL_MS);
      });
    };
    again();
    this.#stopWork = () => work.stop();
  }

  leads(): boolean | null {
    return this.#leads;
  }

  async resign(): Promise<void> {
    this.#resigned = true;
    clearTimeout(this.#timer);
    await this.#turn;
    if (this.#leads === true) await this.#stopWork();
    await this.#close();
  }

  #stopWork: () => Promise<void> = () => Promise.resolve();

  async #compete(work: LeaderWork): Promise<void> {
    try {
      if (this.#session) await this.#session.query('SELECT 1');
      else await this.#tryLock(work);
    } catch (err) {
      this.logger.warn({ err }, 'the database could not be asked who leads');
      if (this.#leads === true) await work.stop();
      this.#leads = null;
      await this.#close();
    }
  }

  async #tryLock(work: LeaderWork): Promise<void> {
    this.#session = this.dataSource.createQueryRunner();
    const [row] = (await this.#session.query(TRY_LOCK, [this.name])) as { locked: boolean }[];
    this.#leads = row?.locked === true;
    if (this.#leads) work.start();
    else await this.#close();
  }

  /** A session that is given back to the pool keeps its locks, so they are let go first. */
  async #close(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    if (session === undefined) return;
    await session.query('SELECT pg_advisory_unlock_all()').catch(() => undefined);
    await session.release().catch(() => undefined);
  }
}

import type { SignedRotationReport } from '@portcullis/contracts';
import { asOrganisation } from '@portcullis/platform';
import type { DataSource, EntityManager } from 'typeorm';
import { writeFact } from '../facts/outbox.js';
import { rewrapEnded, rewrapStarted } from './kek-facts.js';
import type { KeysByKek, RequestedBy, RewrapCursor, RewrapRun } from './rewrap-run.js';

interface RunRow {
  rewrap_id: string;
  target: string;
  requested_by: RequestedBy;
  rows_per_second: number;
  before: KeysByKek;
  after_org: string;
  after_key: string;
  after_version: number;
  passes: number;
  moved: string;
  failed: string;
  passed_over: Record<string, string>;
  problem: string | null;
  started_at: Date;
}

export type NewRun = Pick<
  RewrapRun,
  'id' | 'target' | 'requestedBy' | 'rowsPerSecond' | 'before' | 'startedAt'
>;

/** How a rewrap came out: with everything moved, or with some that would not open. */
export interface Ended {
  readonly report: SignedRotationReport;
  readonly at: Date;
}

/** What was done with the next owner keys of one organisation. */
export interface Step {
  readonly cursor: RewrapCursor;
  /** The installation's. */
  readonly target: string;
  readonly moved: number;
  readonly failed: number;
  /** Why the organisation's own key could not be used, null if it could or there is none. */
  readonly problem: string | null;
}

/** Rewraps as the job role keeps them. What a batch has moved and how far it came are written in one transaction. */
export class RewrapRuns {
  constructor(private readonly jobs: DataSource) {}

  /** False while another one is running. */
  async begin(run: NewRun): Promise<boolean> {
    return asOrganisation(this.jobs, run.requestedBy.org, async (manager) => {
      const inserted: unknown[] = await manager.query(
        `INSERT INTO rewraps (rewrap_id, target, requested_by, rows_per_second, state, before, started_at, updated_at)
         VALUES ($1, $2, $3, $4, 'running', $5, $6, $6) ON CONFLICT DO NOTHING RETURNING rewrap_id`,
        [run.id, run.target, run.requestedBy, run.rowsPerSecond, run.before, run.startedAt],
      );
      if (inserted.length === 0) return false;
      await writeFact(manager, rewrapStarted(run));
      return true;
    });
  }

  async running(): Promise<RewrapRun | null> {
    const [row] = (await this.jobs.query("SELECT * FROM rewraps WHERE state = 'running'")) as RunRow[];
    return row === undefined ? null : toRun(row);
  }

  /** Report of the last one that has ended, null before the first. */
  async lastReport(): Promise<SignedRotationReport | null> {
    const [row] = (await this.jobs.query(
      "SELECT report FROM rewraps WHERE state = 'done' ORDER BY ended_at DESC LIMIT 1",
    )) as { report: SignedRotationReport }[];
    return row?.report ?? null;
  }

  /** In the transaction that moved the rows: the counts are those of rows that were really moved, whatever is killed. */
  async advance(manager: EntityManager, run: Pick<RewrapRun, 'id'>, step: Step): Promise<void> {
    const { cursor, target, moved, failed, problem } = step;
    const passedOver = problem === null ? {} : { [cursor.org]: problem };
    await manager.query(
      `UPDATE rewraps SET after_org = $2, after_key = $3, after_version = $4, target = $5, moved = moved + $6,
         failed = failed + $7, passed_over = passed_over || $8::jsonb, problem = NULL, updated_at = now() WHERE rewrap_id = $1 AND state = 'running'`,
      [run.id, cursor.org, cursor.keyId, cursor.version, target, moved, failed, JSON.stringify(passedOver)],
    );
  }

  async startPass(run: Pick<RewrapRun, 'id'>): Promise<void> {
    await this.jobs.query(
      `UPDATE rewraps SET after_org = '', after_key = '', after_version = 0, failed = 0, passed_over = '{}', passes = passes + 1,
         updated_at = now() WHERE rewrap_id = $1 AND state = 'running'`,
      [run.id],
    );
  }

  async holdUp(run: Pick<RewrapRun, 'id'>, problem: string): Promise<void> {
    await this.jobs.query(
      "UPDATE rewraps SET problem = $2, updated_at = now() WHERE rewrap_id = $1 AND state = 'running'",
      [run.id, problem],
    );
  }

  async end(run: RewrapRun, { report, at }: Ended): Promise<void> {
    await asOrganisation(this.jobs, run.requestedBy.org, async (manager) => {
      await manager.query(
        `UPDATE rewraps SET state = 'done', report = $2, ended_at = $3, updated_at = $3
         WHERE rewrap_id = $1 AND state = 'running'`,
        [run.id, report, at],
      );
      await writeFact(manager, rewrapEnded(run, report.report, at));
    });
  }
}

const toRun = (row: RunRow): RewrapRun => ({
  id: row.rewrap_id,
  target: row.target,
  requestedBy: row.requested_by,
  rowsPerSecond: row.rows_per_second,
  before: row.before,
  cursor: { org: row.after_org, keyId: row.after_key, version: row.after_version },
  passes: row.passes,
  moved: Number(row.moved),
  failed: Number(row.failed),
  passedOver: row.passed_over,
  problem: row.problem,
  startedAt: row.started_at.toISOString(),
});

import {
  AppError,
  ERROR_TABLE,
  VERBS,
  type AppendEntry,
  type AppendResult,
  type VerbCaller,
} from '@portcullis/contracts';
import { asOrganisation, type Logger } from '@portcullis/platform';
import type { DataSource, EntityManager } from 'typeorm';

const BATCH = 64;
/** How often the outbox is looked at when nobody has said that there is something in it. */
const IDLE_MS = 1000;
const FIRST_RETRY_MS = 250;
const MAX_BACKOFF_MS = 15_000;

export interface OutboxRelayParts {
  /** Connected as `control_job`, which knows the outbox only. */
  readonly dataSource: DataSource;
  readonly peers: VerbCaller;
  readonly logger: Logger;
}

interface Waiting {
  record_id: string;
  entry: AppendEntry;
}

/**
 * Sends what waits in the outbox to audit, organisation by organisation, in order of writing. At least once: a row is
 * deleted only after audit has said that the record is durable, and the record's id makes a second sending harmless.
 * Replicas share the work by skipping rows that another one holds. A row that audit refuses stays, marked, and is
 * reported: it is a defect, and silently dropping it would be a gap in the log.
 */
export class OutboxRelay {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private again = false;
  private stopped = false;
  /** 0 while everything works. */
  private backoffMs = 0;

  constructor(private readonly parts: OutboxRelayParts) {}

  /** There is something to send. Never throws, never waits. */
  wake(): void {
    if (this.stopped) return;
    this.again = true;
    this.running ??= this.drain().finally(() => {
      this.running = undefined;
      this.schedule();
    });
  }

  start(): void {
    this.wake();
  }

  /** Ends after the batch at hand. What waits stays in the outbox. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private schedule(): void {
    if (this.stopped) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.wake(), this.backoffMs || IDLE_MS);
    this.timer.unref();
  }

  private async drain(): Promise<void> {
    try {
      while (this.again && !this.stopped) {
        this.again = false;
        await this.sendAll();
      }
      this.backoffMs = 0;
    } catch (err) {
      this.backoffMs = Math.min(this.backoffMs * 2 || FIRST_RETRY_MS, MAX_BACKOFF_MS);
      this.parts.logger.warn({ err, retryMs: this.backoffMs }, 'facts wait for audit');
    }
  }

  private async sendAll(): Promise<void> {
    const rows = await this.parts.dataSource.query<{ org: string }[]>(
      'SELECT organisations_with_outbox AS org FROM organisations_with_outbox()',
    );
    // What holds up one organisation must not hold up the others.
    const failures: unknown[] = [];
    for (const { org } of rows) {
      await this.sendOf(org).catch((err: unknown) => failures.push(err));
    }
    if (failures.length > 0) throw failures[0];
  }

  private async sendOf(org: string): Promise<void> {
    while (!this.stopped && (await this.sendBatch(org)) === BATCH);
  }

  /**
   * How many rows were settled.
   * @throws AppError of audit's refusal when it is one that may pass; what was settled beside it stays settled.
   */
  private async sendBatch(org: string): Promise<number> {
    const { taken, passing } = await asOrganisation(this.parts.dataSource, org, async (manager) => {
      const waiting = await manager.query<Waiting[]>(
        `SELECT record_id, entry FROM outbox WHERE org_id = $1 AND refused IS NULL
         ORDER BY created_at, record_id LIMIT ${BATCH} FOR UPDATE SKIP LOCKED`,
        [org],
      );
      if (waiting.length === 0) return { taken: 0, passing: undefined };
      const { results } = await this.parts.peers.call(VERBS.append, {
        entries: waiting.map(({ entry }) => entry),
      });
      await this.settle(manager, org, results);
      return { taken: waiting.length, passing: results.find(isPassing) };
    });
    if (passing?.status === 'refused') throw new AppError(passing.code, passing.message);
    return taken;
  }

  private async settle(manager: EntityManager, org: string, results: AppendResult[]): Promise<void> {
    const recorded = results.filter(({ status }) => status === 'recorded').map(({ recordId }) => recordId);
    await manager.query('DELETE FROM outbox WHERE org_id = $1 AND record_id = ANY ($2)', [org, recorded]);
    for (const result of results) {
      if (result.status !== 'refused' || isPassing(result)) continue;
      const { recordId, code } = result;
      this.parts.logger.error({ org, recordId, code }, 'audit refused a fact');
      await manager.query('UPDATE outbox SET refused = $3 WHERE org_id = $1 AND record_id = $2', [
        org,
        recordId,
        code,
      ]);
    }
  }
}

/** Refused now, but not for good: it waits for the next round. */
const isPassing = (result: AppendResult): boolean =>
  result.status === 'refused' && (ERROR_TABLE[result.code].retryable || result.code === 'INTERNAL');

import type { FactEntry } from '@portcullis/contracts';
import { asOrganisation } from '@portcullis/platform';
import type { DataSource } from 'typeorm';
import { RELAY_LOCK } from '../storage/advisory-locks.js';
import { exclusively } from '../storage/exclusively.js';

export interface PendingFact {
  readonly entry: FactEntry;
  readonly attempts: number;
}

const LONGEST_DELAY_SECONDS = 300;

/** The outbox as the job role sees it: due facts of every organisation, in the order in which they were written. */
export class PendingFacts {
  constructor(private readonly jobs: DataSource) {}

  /** Runs `work` if no other replica relays at the moment; false if one does. */
  exclusively(work: () => Promise<void>): Promise<boolean> {
    return exclusively(this.jobs, RELAY_LOCK, work);
  }

  async due(limit: number): Promise<PendingFact[]> {
    return this.jobs.query(
      'SELECT entry, attempts FROM outbox WHERE due_at <= now() ORDER BY position LIMIT $1',
      [limit],
    );
  }

  /** Of all organisations together. */
  async backlog(): Promise<{ records: number; oldestSeconds: number }> {
    const [row] = (await this.jobs.query(
      `SELECT count(*)::int AS records,
         coalesce(extract(epoch FROM now() - min((entry->>'occurredAt')::timestamptz)), 0)::float AS "oldestSeconds" FROM outbox`,
    )) as { records: number; oldestSeconds: number }[];
    return row ?? { records: 0, oldestSeconds: 0 };
  }

  async remove(org: string, recordIds: readonly string[]): Promise<void> {
    await asOrganisation(this.jobs, org, (manager) =>
      manager.query('DELETE FROM outbox WHERE org_id = $1 AND record_id = ANY ($2::text[])', [
        org,
        recordIds,
      ]),
    );
  }

  /** Keeps the fact and tries it again later, at most every five minutes: a fact is never given up. */
  async postpone(org: string, recordId: string, refusal: string): Promise<void> {
    await asOrganisation(this.jobs, org, (manager) =>
      manager.query(
        `UPDATE outbox SET attempts = attempts + 1, refusal = $3,
           due_at = now() + least(power(2, least(attempts, 20)), ${LONGEST_DELAY_SECONDS}) * interval '1 second'
         WHERE org_id = $1 AND record_id = $2`,
        [org, recordId, refusal],
      ),
    );
  }
}

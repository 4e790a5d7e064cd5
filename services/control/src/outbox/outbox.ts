import { appendEntrySchema, type AppendEntry } from '@portcullis/contracts';
import type { EntityManager } from 'typeorm';
import { toFactEntry, type AdminFact } from './admin-fact.js';

/**
 * Where facts wait for audit. They are written in the transaction of the change they tell of, so there is never a change
 * without its fact, nor a fact without its change; the relay sends them until audit has them.
 */
export class Outbox {
  constructor(private readonly clock: () => Date) {}

  async add(manager: EntityManager, ...facts: AdminFact[]): Promise<void> {
    const now = this.clock();
    for (const fact of facts) await this.addEntry(manager, fact.org, toFactEntry(fact, now));
  }

  /** A repeated change has the same record id and is kept once. What audit could never take undoes the change. */
  async addEntry(manager: EntityManager, org: string, entry: AppendEntry): Promise<void> {
    const checked = appendEntrySchema.parse(entry);
    await manager.query(
      `INSERT INTO outbox (org_id, record_id, entry, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
      [org, checked.recordId, JSON.stringify(checked), this.clock()],
    );
  }
}

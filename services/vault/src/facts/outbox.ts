import type { FactEntry } from '@portcullis/contracts';
import type { EntityManager } from 'typeorm';

/**
 * Puts the fact beside the change it reports, in the caller's transaction: both become true, or neither. A fact that is
 * there already (same record id) is not written twice.
 */
export async function writeFact(manager: EntityManager, entry: FactEntry): Promise<void> {
  await manager.query(
    `INSERT INTO outbox (org_id, record_id, entry) VALUES ($1, $2, $3) ON CONFLICT (org_id, record_id) DO NOTHING`,
    [entry.org, entry.recordId, JSON.stringify(entry)],
  );
}

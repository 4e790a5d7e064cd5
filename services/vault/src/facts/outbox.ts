import type { FactEntry } from '@portcullis/contracts';
import type { EntityManager } from 'typeorm';

/**
 * Puts the fact beside the change it reports, in the caller's transaction: both become true, or neither. A fact that is
 * there already (same record id) is not written twice.
 */
export function writeFact(manager: EntityManager, entry: FactEntry): Promise<void> {
  return writeFacts(manager, entry.org, [entry]);
}

/** Several of one organisation at once, in this order. */
export async function writeFacts(
  manager: EntityManager,
  org: string,
  entries: readonly FactEntry[],
): Promise<void> {
  await manager.query(
    `INSERT INTO outbox (org_id, record_id, entry)
     SELECT $1, f.record_id, f.entry FROM unnest($2::text[], $3::jsonb[]) WITH ORDINALITY AS f (record_id, entry, n)
     ORDER BY f.n ON CONFLICT (org_id, record_id) DO NOTHING`,
    [org, entries.map(({ recordId }) => recordId), entries.map((entry) => JSON.stringify(entry))],
  );
}

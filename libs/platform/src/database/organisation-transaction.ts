import type { DataSource, EntityManager } from 'typeorm';

/**
 * Runs `work` in one transaction as one organisation: row-level security lets it see and write only rows of `org`.
 * Whatever runs outside such a transaction sees no tenant's rows at all. The setting ends with the transaction, so a
 * pooled connection never carries it to the next one.
 */
export function asOrganisation<T>(
  dataSource: DataSource,
  org: string,
  work: (manager: EntityManager) => Promise<T>,
): Promise<T> {
  return dataSource.transaction(async (manager) => {
    await manager.query(`SELECT set_config('app.org_id', $1, true)`, [org]);
    return work(manager);
  });
}

import { AppError, type GrantClaims } from '@portcullis/contracts';
import type { Statement } from '@portcullis/platform';
import type { EntityManager } from 'typeorm';

/**
 * Uses up the grant: among all replicas exactly one transaction inserts its id, however many try at once. Once that
 * has committed no other is ever served; the application's role can't take the row away again.
 *
 * @throws AppError `GRANT_CONSUMED`
 */
export async function consumeGrant(manager: EntityManager, grant: GrantClaims): Promise<void> {
  const { text, values } = consumption(grant);
  demandConsumed(await manager.query(text, values));
}

/** The insert by itself, for {@link demandConsumed} to look at its rows. */
export const consumption = (grant: GrantClaims): Statement => ({
  name: 'consume_grant',
  text: `INSERT INTO used_grants (org_id, jti, expires_at) VALUES ($1, $2, to_timestamp($3))
     ON CONFLICT (org_id, jti) DO NOTHING RETURNING jti`,
  values: [grant.org, grant.jti, grant.exp],
});

/** @throws AppError `GRANT_CONSUMED` unless the {@link consumption} has inserted its row */
export function demandConsumed(inserted: readonly unknown[]): void {
  if (inserted.length === 1) return;
  throw new AppError(
    'GRANT_CONSUMED',
    'The grant has been used already. Ask for a new one for the next attempt.',
  );
}

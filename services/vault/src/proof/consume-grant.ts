import { AppError, type GrantClaims } from '@portcullis/contracts';
import type { EntityManager } from 'typeorm';

/**
 * Uses up the grant: among all replicas exactly one transaction inserts its id, however many try at once. Once that
 * has committed no other is ever served; the application's role can't take the row away again.
 *
 * @throws AppError `GRANT_CONSUMED`
 */
export async function consumeGrant(manager: EntityManager, grant: GrantClaims): Promise<void> {
  const inserted: unknown[] = await manager.query(
    `INSERT INTO used_grants (org_id, jti, expires_at) VALUES ($1, $2, to_timestamp($3))
     ON CONFLICT (org_id, jti) DO NOTHING RETURNING jti`,
    [grant.org, grant.jti, grant.exp],
  );
  if (inserted.length === 1) return;
  throw new AppError(
    'GRANT_CONSUMED',
    'The grant has been used already. Ask for a new one for the next attempt.',
  );
}

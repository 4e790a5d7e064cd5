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
  const { text, values } = consumptionOf(grant.org, [grant]);
  const inserted: unknown[] = await manager.query(text, values);
  demandConsumed(inserted.length === 1);
}

/**
 * The insert by itself: gives the ids of the grants that it used up. They go in by order, so that two transactions with
 * the same grants wait for each other rather than deadlock.
 */
export function consumptionOf(org: string, grants: readonly Pick<GrantClaims, 'jti' | 'exp'>[]): Statement {
  const ordered = [...grants].sort((a, b) => (a.jti < b.jti ? -1 : 1));
  return {
    name: 'consume_grants',
    text: `INSERT INTO used_grants (org_id, jti, expires_at)
     SELECT $1, g.jti, to_timestamp(g.exp) FROM unnest($2::text[], $3::float8[]) AS g (jti, exp)
     ON CONFLICT (org_id, jti) DO NOTHING RETURNING jti`,
    values: [org, ordered.map(({ jti }) => jti), ordered.map(({ exp }) => exp)],
  };
}

/** @throws AppError `GRANT_CONSUMED` unless the {@link consumptionOf} the grant has inserted its row */
export function demandConsumed(inserted: boolean): void {
  if (inserted) return;
  throw new AppError(
    'GRANT_CONSUMED',
    'The grant has been used already. Ask for a new one for the next attempt.',
  );
}

import { AppError, type EraseArguments } from '@portcullis/contracts';
import type { EntityManager } from 'typeorm';
import type { KeyOwner } from '../key-hierarchy/owner-keys.js';

/** By whose order: the grant, and audit's record of it. */
export interface ErasureOrder extends EraseArguments {
  readonly org: string;
  readonly grantHash: string;
  readonly receiptRecordId: string;
}

/** One advisory lock for each organisation, away from the fixed ones by the size of the hash. */
const LOCK = `hashtextextended('portcullis/vault/erasures ' || $1, 0)`;

/**
 * Waits for whoever is just storing something of the organisation, and makes others wait until this transaction has ended:
 * what they were about to store is found and destroyed, or they find the tombstone.
 */
export async function holdStoring(manager: EntityManager, org: string): Promise<void> {
  await manager.query(`SELECT pg_advisory_xact_lock(${LOCK})`, [org]);
}

/** @returns false when it was written down before */
export async function writeTombstone(
  manager: EntityManager,
  order: ErasureOrder,
  now: Date,
): Promise<boolean> {
  const inserted: unknown[] = await manager.query(
    `INSERT INTO erasures (org_id, what, id, erased_at, grant_hash, receipt_record_id)
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING id`,
    [order.org, order.what, order.id, now, order.grantHash, order.receiptRecordId],
  );
  return inserted.length === 1;
}

/**
 * To be asked in the transaction that stores something of this owner, or for this server: nothing comes back after its
 * erasure, whatever was on its way. Holds erasures off until the transaction has ended.
 *
 * @throws AppError `FAILED_PRECONDITION` with `details.reason` `erased`
 */
export async function requireNotErased(
  manager: EntityManager,
  { org, ownerKind, owner }: KeyOwner,
  srv: string | null = null,
): Promise<void> {
  await manager.query(`SELECT pg_advisory_xact_lock_shared(${LOCK})`, [org]);
  const rows: { what: string }[] = await manager.query(
    `SELECT what FROM erasures WHERE org_id = $1
       AND ((what = 'server' AND id = $2) OR (what IN ('user', 'subject') AND id = $3)) LIMIT 1`,
    [org, srv, ownerKind === 'user' ? owner : null],
  );
  if (rows[0] === undefined) return;
  const whose = rows[0].what === 'server' ? 'server has been deleted' : 'user has been removed';
  throw new AppError('FAILED_PRECONDITION', `The ${whose}: nothing is kept for it any more.`, {
    details: { reason: 'erased' },
  });
}

import { AppError } from '@portcullis/contracts';
import type { EntityManager } from 'typeorm';
import { ApiKeyRow } from '../database/rows.js';

/**
 * A key of this organisation, held until the transaction ends: what follows in policy and in the row happens for one
 * request at a time. @throws AppError `NOT_FOUND`
 */
export async function lockKey(manager: EntityManager, org: string, keyId: string): Promise<ApiKeyRow> {
  await manager.query('SELECT 1 FROM api_keys WHERE org_id = $1 AND key_id = $2 FOR UPDATE', [org, keyId]);
  const row = await manager.findOneBy(ApiKeyRow, { orgId: org, keyId });
  if (row === null) throw new AppError('NOT_FOUND', 'There is no such key in your organisation.');
  return row;
}

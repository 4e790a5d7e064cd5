import type { EraseArguments } from '@portcullis/contracts';
import type { EntityManager } from 'typeorm';
import { deleteStored, type DeletedSecret } from '../storage/stored-secret.js';

/** A version of an owner key, by name. */
export interface DestroyedOwnerKey {
  readonly keyId: string;
  readonly version: number;
  readonly kekId: string;
}

/** What was there, and is not any more: ids only. */
export interface Destroyed {
  readonly secrets: readonly DeletedSecret[];
  readonly ownerKeys: readonly DestroyedOwnerKey[];
  readonly subjectKeys: readonly string[];
}

type Erased = EraseArguments & { readonly org: string };

/** Takes the rows away, in the order in which they lean on each other. */
export async function destroyRows(manager: EntityManager, erased: Erased): Promise<Destroyed> {
  const { org, what, id } = erased;
  const secrets = await deleteStored(manager, org, what === 'server' ? { srv: id } : { user: id });
  if (what !== 'subject') return { secrets, ownerKeys: [], subjectKeys: [] };
  const subjectKeys = await destroySubjectKeys(manager, erased);
  return { secrets, subjectKeys, ownerKeys: await destroyOwnerKeys(manager, erased) };
}

async function destroySubjectKeys(manager: EntityManager, { org, id }: Erased): Promise<string[]> {
  const [rows]: [{ subject_key_id: string }[], number] = await manager.query(
    'DELETE FROM subject_keys WHERE org_id = $1 AND subject = $2 RETURNING subject_key_id',
    [org, id],
  );
  return rows.map((row) => row.subject_key_id);
}

async function destroyOwnerKeys(manager: EntityManager, { org, id }: Erased): Promise<DestroyedOwnerKey[]> {
  const [rows]: [{ key_id: string; version: number; kek_id: string }[], number] = await manager.query(
    `DELETE FROM owner_keys WHERE org_id = $1 AND owner_kind = 'user' AND owner = $2
     RETURNING key_id, version, kek_id`,
    [org, id],
  );
  return rows.map((row) => ({ keyId: row.key_id, version: row.version, kekId: row.kek_id }));
}

import type { OwnerKind, SecretMetadata } from '@portcullis/contracts';
import type { Statement } from '@portcullis/platform';
import type { EntityManager } from 'typeorm';
import type { StoredOwnerKey } from '../key-hierarchy/owner-keys.js';

/** A secret as it lies in the database, and where it belongs. */
export interface StoredSecret extends SecretMetadata {
  readonly org: string;
}

/** With what it takes to open it. */
export interface SealedSecret extends StoredSecret {
  readonly envelope: Buffer;
  readonly ownerKey: StoredOwnerKey;
}

/** Where one secret of a server belongs: there is at most one for each. */
export interface SecretPlace {
  readonly org: string;
  readonly srv: string;
  readonly slot: string;
  readonly ownerKind: OwnerKind;
  readonly owner: string;
}

interface SecretRow {
  secret_id: string;
  org_id: string;
  owner_kind: OwnerKind;
  owner: string;
  srv: string;
  slot: string;
  dst: string;
  version: number;
  last4: string | null;
  suspended: boolean;
  created_at: Date;
  updated_at: Date;
}

interface SealedRow extends SecretRow {
  envelope: Buffer;
  key_id: string;
  key_version: number;
  kek_id: string;
  wrapped: Buffer;
}

const METADATA =
  's.org_id, s.secret_id, s.owner_kind, s.owner, s.srv, s.slot, s.dst, s.version, s.last4, s.suspended, s.created_at, s.updated_at';

export function toStored(row: SecretRow): StoredSecret {
  return {
    org: row.org_id,
    secretId: row.secret_id,
    ownerKind: row.owner_kind,
    owner: row.owner,
    srv: row.srv,
    slot: row.slot,
    dst: row.dst,
    version: row.version,
    last4: row.last4,
    suspended: row.suspended,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

/** What anybody but the one who opens may see of a secret (H4): picked one by one, so nothing else slips through. */
export function metadataOf(secret: StoredSecret): SecretMetadata {
  const { secretId, ownerKind, owner, srv, slot, dst, version, last4, createdAt, updatedAt, suspended } =
    secret;
  return { secretId, ownerKind, owner, srv, slot, dst, version, last4, createdAt, updatedAt, suspended };
}

/**
 * The organisation's and these users' secrets of these servers in any of the slots. PostgreSQL plans the statement anew
 * whenever ANALYZE has new figures, so a plan may be kept.
 */
export const sealedOf = (where: {
  org: string;
  users: readonly string[];
  servers: readonly string[];
  slots: readonly string[];
}): Statement => ({
  name: 'sealed_secrets',
  text: `SELECT ${METADATA}, s.envelope, s.key_id, s.key_version, k.kek_id, k.wrapped
     FROM secrets s JOIN owner_keys k
       ON k.org_id = s.org_id AND k.key_id = s.key_id AND k.version = s.key_version
     WHERE s.org_id = $1 AND s.srv = ANY ($2::text[]) AND s.slot = ANY ($3::text[])
       AND ((s.owner_kind = 'organisation' AND s.owner = $1)
         OR (s.owner_kind = 'user' AND s.owner = ANY ($4::text[])))`,
  values: [where.org, ...[where.servers, where.slots, where.users].map((names) => [...new Set(names)])],
});

/** What {@link sealedOf} has found. */
export const toSealed = (rows: readonly unknown[]): SealedSecret[] =>
  (rows as SealedRow[]).map((row) => ({ ...toStored(row), envelope: row.envelope, ownerKey: keyOf(row) }));

/** The key is asked for as the *secret's* owner: the key of anybody else doesn't unwrap under that context. */
function keyOf(row: SealedRow): StoredOwnerKey {
  const { org_id: org, owner_kind: ownerKind, owner, key_id: keyId, key_version: version } = row;
  return { org, ownerKind, owner, keyId, version, kekId: row.kek_id, wrapped: row.wrapped };
}

const AT_PLACE = `SELECT ${METADATA} FROM secrets s
  WHERE s.org_id = $1 AND s.srv = $2 AND s.slot = $3 AND s.owner_kind = $4 AND s.owner = $5`;

/** Its metadata as of now; somebody else may change it in the next moment. */
export function findStored(manager: EntityManager, place: SecretPlace): Promise<StoredSecret | null> {
  return queryPlace(manager, AT_PLACE, place);
}

/** The same, locked until the transaction ends. */
export function lockSecret(manager: EntityManager, place: SecretPlace): Promise<StoredSecret | null> {
  return queryPlace(manager, `${AT_PLACE} FOR UPDATE`, place);
}

async function queryPlace(
  manager: EntityManager,
  sql: string,
  place: SecretPlace,
): Promise<StoredSecret | null> {
  const rows: SecretRow[] = await manager.query(sql, [
    place.org,
    place.srv,
    place.slot,
    place.ownerKind,
    place.owner,
  ]);
  return rows[0] === undefined ? null : toStored(rows[0]);
}

/** Metadata of every secret of the organisation, or of one of its servers. */
export async function listStored(
  manager: EntityManager,
  org: string,
  srv: string | null,
): Promise<StoredSecret[]> {
  const rows: SecretRow[] = await manager.query(
    `SELECT ${METADATA} FROM secrets s WHERE s.org_id = $1 AND ($2::text IS NULL OR s.srv = $2)
     ORDER BY s.srv, s.slot, s.owner_kind, s.owner`,
    [org, srv],
  );
  return rows.map(toStored);
}

/** A secret that is gone, and what wrapped the owner key that it lay under. */
export interface DeletedSecret extends StoredSecret {
  readonly kekId: string;
}

/** Deletes every secret of a server, whoever owns them, or every one that a user owns. */
export async function deleteStored(
  manager: EntityManager,
  org: string,
  of: { readonly srv: string } | { readonly user: string },
): Promise<DeletedSecret[]> {
  const where = 'srv' in of ? 's.srv = $2' : `s.owner_kind = 'user' AND s.owner = $2`;
  const [rows]: [(SecretRow & { kek_id: string })[], number] = await manager.query(
    `DELETE FROM secrets s USING owner_keys k
     WHERE k.org_id = s.org_id AND k.key_id = s.key_id AND k.version = s.key_version AND s.org_id = $1 AND ${where}
     RETURNING ${METADATA}, k.kek_id`,
    [org, 'srv' in of ? of.srv : of.user],
  );
  return rows.map((row) => ({ ...toStored(row), kekId: row.kek_id }));
}

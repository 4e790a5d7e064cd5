import type { OwnerKind } from '@portcullis/contracts';
import type { DataSource, EntityManager } from 'typeorm';
import type { Targets } from '../key-hierarchy/organisation-keys.js';
import type { StoredOwnerKey } from '../key-hierarchy/owner-keys.js';
import type { WrappedOwnerKey } from '../ports/key-provider.js';
import type { KeysByKek, RewrapCursor } from './rewrap-run.js';
import type { UnmovedKey } from './rotation-report.js';

interface Row {
  org_id: string;
  key_id: string;
  version: number;
  owner_kind: OwnerKind;
  owner: string;
  kek_id: string;
  wrapped: Buffer;
}

/** An owner key with what it is to be wrapped as. */
export interface Moving {
  readonly key: StoredOwnerKey;
  readonly rewrapped: WrappedOwnerKey;
}

const NAMED = 100;

/** Wrapped owner keys of every organisation, as the job role sees them: no envelope and no plaintext of anything. */
export class OwnerKeyRows {
  constructor(private readonly jobs: DataSource) {}

  /** The next ones after the cursor that are not under what they should be. */
  async next(
    targets: Targets,
    { org, keyId, version }: RewrapCursor,
    limit: number,
  ): Promise<StoredOwnerKey[]> {
    const rows: Row[] = await this.jobs.query(
      `SELECT org_id, key_id, version, owner_kind, owner, kek_id, wrapped FROM owner_keys
       WHERE ${MISPLACED} AND (org_id, key_id, version) > ($3, $4, $5) ORDER BY org_id, key_id, version LIMIT $6`,
      [...targetParameters(targets), org, keyId, version, limit],
    );
    return rows.map((row) => ({
      org: row.org_id,
      ownerKind: row.owner_kind,
      owner: row.owner,
      keyId: row.key_id,
      version: row.version,
      kekId: row.kek_id,
      wrapped: row.wrapped,
    }));
  }

  /** In a transaction of their organisation. A row that was changed meanwhile is left as it is. Gives how many were moved. */
  async move(manager: EntityManager, org: string, moving: readonly Moving[]): Promise<number> {
    const [, moved]: [unknown, number] = await manager.query(
      `UPDATE owner_keys k SET kek_id = m.kek_id, wrapped = m.wrapped
       FROM unnest($2::text[], $3::int[], $4::text[], $5::text[], $6::bytea[]) AS m (key_id, version, before, kek_id, wrapped)
       WHERE k.org_id = $1 AND k.key_id = m.key_id AND k.version = m.version AND k.kek_id = m.before`,
      [
        org,
        moving.map(({ key }) => key.keyId),
        moving.map(({ key }) => key.version),
        moving.map(({ key }) => key.kekId),
        moving.map(({ rewrapped }) => rewrapped.kekId),
        moving.map(({ rewrapped }) => rewrapped.bytes),
      ],
    );
    return moved;
  }

  async byKek(manager: Pick<EntityManager, 'query'> = this.jobs): Promise<KeysByKek> {
    const rows: { kek_id: string; keys: number }[] = await manager.query(
      'SELECT kek_id, count(*)::int AS keys FROM owner_keys GROUP BY kek_id ORDER BY kek_id',
    );
    return Object.fromEntries(rows.map(({ kek_id, keys }) => [kek_id, keys]));
  }

  /** The first ones that are not under what they should be. */
  async unmoved(targets: Targets): Promise<UnmovedKey[]> {
    const rows: Row[] = await this.jobs.query(
      `SELECT org_id, key_id, version, kek_id FROM owner_keys WHERE ${MISPLACED}
       ORDER BY org_id, key_id, version LIMIT ${NAMED}`,
      targetParameters(targets),
    );
    return rows.map(({ org_id, key_id, version, kek_id }) => ({
      org: org_id,
      keyId: key_id,
      version,
      kekId: kek_id,
    }));
  }

  async countUnmoved(targets: Targets): Promise<number> {
    const [row] = (await this.jobs.query(
      `SELECT count(*)::int AS keys FROM owner_keys WHERE ${MISPLACED}`,
      targetParameters(targets),
    )) as { keys: number }[];
    return row?.keys ?? 0;
  }
}

/** Of a few organisations each has a target of its own: an object is searched for it, row by row, and no join is made. */
const MISPLACED = 'kek_id <> coalesce($2::jsonb ->> org_id, $1)';

const targetParameters = ({ installation, customers }: Targets): [string, string] => [
  installation,
  JSON.stringify(Object.fromEntries([...customers].map(([org, { kekId }]) => [org, kekId]))),
];

import { AppError } from '@portcullis/contracts';
import { asOrganisation } from '@portcullis/platform';
import { IsNull, type DataSource, type EntityManager } from 'typeorm';
import { ServerRow } from '../database/rows.js';

/** A server of this organisation. Those of others do not exist. @throws AppError `NOT_FOUND` */
async function findServer(manager: EntityManager, org: string, slug: string): Promise<ServerRow> {
  const row = await manager.findOneBy(ServerRow, { orgId: org, slug, deletedAt: IsNull() });
  if (row === null) throw new AppError('NOT_FOUND', `There is no server "${slug}" in your organisation.`);
  return row;
}

/** The same, held until the transaction ends: changes of one server happen one after another, here and in policy. */
export async function lockServer(manager: EntityManager, org: string, slug: string): Promise<ServerRow> {
  await manager.query(
    'SELECT 1 FROM servers WHERE org_id = $1 AND slug = $2 AND deleted_at IS NULL FOR UPDATE',
    [org, slug],
  );
  return findServer(manager, org, slug);
}

export class ReadServers {
  constructor(private readonly dataSource: DataSource) {}

  all(org: string): Promise<ServerRow[]> {
    return asOrganisation(this.dataSource, org, (manager) =>
      manager.find(ServerRow, { where: { orgId: org, deletedAt: IsNull() }, order: { slug: 'ASC' } }),
    );
  }

  one(org: string, slug: string): Promise<ServerRow> {
    return asOrganisation(this.dataSource, org, (manager) => findServer(manager, org, slug));
  }
}

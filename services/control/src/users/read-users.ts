import { AppError } from '@portcullis/contracts';
import { asOrganisation } from '@portcullis/platform';
import { MoreThan, type DataSource, type EntityManager } from 'typeorm';
import { UserRow } from '../database/rows.js';

export class ReadUsers {
  constructor(private readonly dataSource: DataSource) {}

  page(org: string, { after, limit }: { after?: string | undefined; limit: number }): Promise<UserRow[]> {
    return asOrganisation(this.dataSource, org, (manager) =>
      manager.find(UserRow, {
        where: { orgId: org, ...(after === undefined ? {} : { userId: MoreThan(after) }) },
        order: { userId: 'ASC' },
        take: limit,
      }),
    );
  }

  one(org: string, user: string): Promise<UserRow> {
    return asOrganisation(this.dataSource, org, (manager) => requireUser(manager, org, user));
  }
}

/** A user of this organisation. Others do not exist, whoever asks. @throws AppError `NOT_FOUND` */
export async function requireUser(manager: EntityManager, org: string, user: string): Promise<UserRow> {
  const row = await manager.findOneBy(UserRow, { orgId: org, userId: user });
  if (row === null) throw new AppError('NOT_FOUND', 'There is no such user in your organisation.');
  return row;
}

/** The same for whom something is to be done: a removed or unconfirmed user is no user any more, or not yet. */
export async function requireActiveUser(manager: EntityManager, org: string, user: string): Promise<UserRow> {
  const row = await requireUser(manager, org, user);
  if (row.status === 'active') return row;
  throw new AppError('FAILED_PRECONDITION', `The user is ${row.status}.`, {
    details: { status: row.status },
  });
}

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

/** A removed or unconfirmed user is no user any more, or not yet. @throws AppError `FAILED_PRECONDITION` */
export function requireActive({ status }: UserRow): void {
  if (status === 'active') return;
  throw new AppError('FAILED_PRECONDITION', `The user is ${status}.`, { details: { status } });
}

/** A user, held until the transaction ends: what follows in policy and in the row happens for one request at a time. */
export async function lockUser(manager: EntityManager, org: string, user: string): Promise<UserRow> {
  await manager.query('SELECT 1 FROM users WHERE org_id = $1 AND user_id = $2 FOR UPDATE', [org, user]);
  return requireUser(manager, org, user);
}

import { AppError, deterministicId, newId, VERBS, type VerbCaller } from '@portcullis/contracts';
import type { EntityManager } from 'typeorm';
import type { PolicyCommands } from '../access/policy-commands.js';
import type { Admin, Person } from '../authentication/admin.js';
import { refuseTaken } from '../database/conflict.js';
import { UserRow } from '../database/rows.js';
import type { DirectoryChanges } from '../outbox/directory-changes.js';
import { lockUser } from './read-users.js';

export interface WantedUser extends Person {
  readonly kind: 'user' | 'service';
}

export interface CreateUserParts {
  readonly changes: DirectoryChanges;
  readonly policy: PolicyCommands;
  readonly peers: VerbCaller;
  readonly clock: () => Date;
}

/**
 * Adds a user. Order, and what a failure leaves behind:
 *
 * 1. the vault makes the subject key: nothing refers to it yet;
 * 2. the row is written as `pending`: it can have no keys and policy does not know it, so it can do nothing;
 * 3. with the row locked, policy adds the member (one command id per user);
 * 4. the row becomes `active` and the fact is written.
 *
 * The same request sent again picks up the pending row (same e-mail address, or same name where there is none) and goes
 * on with it; removing the user takes it away as well.
 */
export class CreateUser {
  constructor(private readonly parts: CreateUserParts) {}

  /** @throws AppError `ALREADY_EXISTS` when somebody of the organisation has the e-mail address. */
  async run(admin: Admin, wanted: WantedUser): Promise<UserRow> {
    const { changes, policy } = this.parts;
    const { org } = admin.principal;
    const pending = await this.prepare(org, wanted);
    return changes.change(org, async (manager, note) => {
      const { status, ...row } = await lockUser(manager, org, pending.userId);
      if (status !== 'pending') throw new AppError('CONFLICT', 'The user was added or removed meanwhile.');
      const user = { ...row, status: 'active' as const };
      const command = { type: 'AddMember' as const, user: user.userId };
      await policy.send(admin, [command], deterministicId('portcullis/v1/add-member', org, user.userId));
      await manager.update(UserRow, { orgId: org, userId: user.userId }, { status: 'active' });
      const key = { keyId: user.subjectKeyId, publicKey: user.subjectPublicKey };
      await note({
        org,
        action: 'user.created',
        by: admin,
        target: { type: 'user', id: user.userId },
        version: '1',
        data: { kind: user.kind },
        about: { id: user.userId, key, person: { name: user.name, email: user.email } },
      });
      return user;
    });
  }

  private async prepare(org: string, wanted: WantedUser): Promise<UserRow> {
    const { changes, peers, clock } = this.parts;
    const begun = await changes.change(org, (manager) => findPending(manager, org, wanted));
    const userId = begun?.userId ?? newId();
    const { keyId, publicKey } = await peers.call(VERBS.createSubjectKey, { org, subject: userId });
    const row: UserRow = {
      orgId: org,
      userId,
      ...wanted,
      status: 'pending',
      subjectKeyId: keyId,
      subjectPublicKey: publicKey,
      createdAt: begun?.createdAt ?? clock(),
      removedAt: null,
    };
    await refuseTaken('A user of the organisation has this e-mail address already.', () =>
      changes.change(org, (manager) => manager.upsert(UserRow, row, ['orgId', 'userId'])),
    );
    return row;
  }
}

/** What an earlier attempt of the same request left behind. */
async function findPending(manager: EntityManager, org: string, wanted: WantedUser): Promise<UserRow | null> {
  if (wanted.email === null) {
    return manager
      .createQueryBuilder(UserRow, 'u')
      .where('u.org_id = :org AND u.email IS NULL AND u.name = :name AND u.kind = :kind', { org, ...wanted })
      .andWhere(`u.status = 'pending'`)
      .getOne();
  }
  const known = await manager
    .createQueryBuilder(UserRow, 'u')
    .where('u.org_id = :org AND lower(u.email) = lower(:email)', { org, email: wanted.email })
    .andWhere(`u.status <> 'removed'`)
    .getOne();
  if (known?.status === 'active') {
    throw new AppError('ALREADY_EXISTS', 'A user of the organisation has this e-mail address already.');
  }
  return known;
}

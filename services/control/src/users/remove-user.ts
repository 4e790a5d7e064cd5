import { AppError, deterministicId, newId, type PolicyCommand } from '@portcullis/contracts';
import type { EntityManager } from 'typeorm';
import type { PolicyCommands } from '../access/policy-commands.js';
import type { Admin } from '../authentication/admin.js';
import { ApiKeyRow, UserRow } from '../database/rows.js';
import type { EraseInVault } from '../erasing/erase-in-vault.js';
import type { DirectoryChanges } from '../outbox/directory-changes.js';
import { lockUser } from './read-users.js';

export interface RemoveUserParts {
  readonly changes: DirectoryChanges;
  readonly policy: PolicyCommands;
  readonly vault: EraseInVault;
  readonly clock: () => Date;
}

/**
 * Removes a user from the organisation. Order, and what a failure leaves behind:
 *
 * 1. in one command batch policy removes the member and revokes every key, so the very next authorization is denied
 *    whatever anybody has cached;
 * 2. the vault destroys every credential that is the user's own;
 * 3. policy is told again, for what was made meanwhile; the row becomes `removed` without its e-mail address, all keys are
 *    revoked, the facts are written.
 *
 * A failure in between leaves a user who is listed but can do nothing; the request sent again completes it. So nobody is gone
 * whose credentials stay. Of somebody who is gone the vault is asked again all the same: an older database of it may have been
 * restored.
 */
export class RemoveUser {
  constructor(private readonly parts: RemoveUserParts) {}

  /** @throws AppError `NOT_FOUND`; `FAILED_PRECONDITION` for oneself, and from policy for the last admin; the vault's. */
  async run(admin: Admin, userId: string): Promise<void> {
    const { org, sub } = admin.principal;
    // Who is out already can't have the rest done.
    if (userId === sub)
      throw new AppError('FAILED_PRECONDITION', 'You can not remove yourself: another admin has to.');
    const { changes, policy, vault } = this.parts;
    await changes.change(org, async (manager) => {
      const user = await lockUser(manager, org, userId);
      if (user.status === 'removed') return;
      const commandId = deterministicId('portcullis/v1/remove-member', org, userId);
      await policy.send(admin, removal(userId, await keysOf(manager, org, userId)), commandId);
    });
    await vault.run(admin, 'user', userId);
    await this.conclude(admin, userId);
  }

  private conclude(admin: Admin, userId: string): Promise<void> {
    const { changes, policy, clock } = this.parts;
    const { org } = admin.principal;
    return changes.change(org, async (manager, note) => {
      const user = await lockUser(manager, org, userId);
      if (user.status === 'removed') return;
      const keys = await keysOf(manager, org, userId);
      await policy.send(admin, removal(userId, keys), newId());
      const now = clock();
      await manager.update(
        UserRow,
        { orgId: org, userId },
        { status: 'removed', email: null, removedAt: now },
      );
      await revokeAll(manager, { org, userId, now });
      const open = keys.filter(({ revokedAt }) => revokedAt === null);
      await note({
        org,
        action: 'user.removed',
        by: admin,
        target: { type: 'user', id: userId },
        version: '1',
        data: { keys: open.map(({ keyId }) => keyId) },
        about: {
          id: userId,
          key: { keyId: user.subjectKeyId, publicKey: user.subjectPublicKey },
          person: { name: user.name, email: user.email },
        },
      });
    });
  }
}

const keysOf = (manager: EntityManager, org: string, userId: string): Promise<ApiKeyRow[]> =>
  manager.findBy(ApiKeyRow, { orgId: org, userId });

const removal = (user: string, keys: ApiKeyRow[]): PolicyCommand[] => [
  { type: 'RemoveMember', user },
  ...keys
    .filter(({ revokedAt }) => revokedAt === null)
    .map(({ keyId, generation }) => ({ type: 'RevokeCredential' as const, sid: keyId, generation })),
];

async function revokeAll(
  manager: EntityManager,
  { org, userId, now }: { org: string; userId: string; now: Date },
): Promise<void> {
  await manager
    .createQueryBuilder()
    .update(ApiKeyRow)
    .set({ revokedAt: now })
    .where('org_id = :org AND user_id = :userId AND revoked_at IS NULL', { org, userId })
    .execute();
}

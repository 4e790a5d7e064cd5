import { AppError, type EraseReply } from '@portcullis/contracts';
import type { Admin } from '../authentication/admin.js';
import { UserRow } from '../database/rows.js';
import type { EraseInVault } from '../erasing/erase-in-vault.js';
import type { DirectoryChanges } from '../outbox/directory-changes.js';
import { lockUser, type ReadUsers } from './read-users.js';

export interface EraseUserParts {
  readonly users: ReadUsers;
  readonly changes: DirectoryChanges;
  readonly vault: EraseInVault;
}

/** What is shown in place of the name. */
const ERASED_NAME = 'Erased user';

/**
 * Makes what is personal about somebody unreadable for good: the vault destroys the keys that it was sealed to, then the name
 * goes. Only of somebody who was removed before: removing ends rights, and leaves the record legible to those who have leave to
 * read it; this does not. A failure between the two leaves the name; the request sent again completes it.
 */
export class EraseUser {
  constructor(private readonly parts: EraseUserParts) {}

  /** @throws AppError `NOT_FOUND`, `FAILED_PRECONDITION`, and what {@link EraseInVault.run} does. */
  async run(admin: Admin, userId: string): Promise<EraseReply> {
    const { users, changes, vault } = this.parts;
    const { org } = admin.principal;
    const { status } = await users.one(org, userId);
    if (status !== 'removed')
      throw new AppError('FAILED_PRECONDITION', `The user is ${status}: remove the user first.`, {
        details: { status },
      });
    const destroyed = await vault.run(admin, 'subject', userId);
    await changes.change(org, async (manager, note) => {
      const user = await lockUser(manager, org, userId);
      if (user.name === ERASED_NAME) return;
      await manager.update(UserRow, { orgId: org, userId }, { name: ERASED_NAME });
      const target = { type: 'user', id: userId };
      await note({ org, action: 'user.erased', by: admin, target, version: '1', data: {} });
    });
    return destroyed;
  }
}

import { AppError } from '@portcullis/contracts';
import { IsNull, type EntityManager } from 'typeorm';
import type { Admin } from '../authentication/admin.js';
import { ApiKeyRow } from '../database/rows.js';
import type { DirectoryChanges } from '../outbox/directory-changes.js';
import { lockUser, requireActive } from '../users/read-users.js';
import { newKeyRow, type KeyMaker, type Scope } from './key-maker.js';

export interface CreateKeyParts {
  readonly changes: DirectoryChanges;
  readonly keys: KeyMaker;
  readonly clock: () => Date;
}

export interface KeyWithSecret {
  readonly row: ApiKeyRow;
  /** In clear, for the one answer. */
  readonly text: string;
}

/** All keys of a user are revoked in one command batch when the user goes: this keeps it within its bounds. */
const MAX_KEYS = 50;

/**
 * Makes a key for a user. One transaction: a lost answer leaves a key that nobody has, listed and revocable. Policy need
 * not know of it: a key is worth what its owner is.
 */
export class CreateKey {
  constructor(private readonly parts: CreateKeyParts) {}

  /** @throws AppError `NOT_FOUND`; `FAILED_PRECONDITION` for a user who is not active, or has too many keys. */
  async run(admin: Admin, user: string, given: { name: string; scopes: Scope[] }): Promise<KeyWithSecret> {
    const { changes, keys, clock } = this.parts;
    const { org } = admin.principal;
    return changes.change(org, async (manager, note) => {
      await lockOwner(manager, org, user);
      const made = await keys.make();
      const row = newKeyRow({ org, user }, made, given, clock());
      await manager.insert(ApiKeyRow, row);
      const target = { type: 'key', id: made.keyId };
      await note({
        org,
        action: 'key.created',
        by: admin,
        target,
        version: '1',
        data: { user, scopes: given.scopes },
      });
      return { row, text: made.text };
    });
  }
}

/** The owner is held against removal meanwhile. */
async function lockOwner(manager: EntityManager, org: string, user: string): Promise<void> {
  requireActive(await lockUser(manager, org, user));
  const count = await manager.countBy(ApiKeyRow, { orgId: org, userId: user, revokedAt: IsNull() });
  if (count < MAX_KEYS) return;
  throw new AppError('FAILED_PRECONDITION', `The user has ${MAX_KEYS} keys already: revoke one first.`);
}

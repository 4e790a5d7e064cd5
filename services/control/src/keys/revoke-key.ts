import type { PolicyCommands } from '../access/policy-commands.js';
import type { Admin } from '../authentication/admin.js';
import { ApiKeyRow } from '../database/rows.js';
import type { DirectoryChanges } from '../outbox/directory-changes.js';
import { lockKey } from './lock-key.js';

export interface RevokeKeyParts {
  readonly changes: DirectoryChanges;
  readonly policy: PolicyCommands;
  readonly clock: () => Date;
}

/**
 * Revokes a key: first in policy, so that the next authorization is denied, then in the row. A failure between the two
 * leaves a key that opens nothing but is listed as valid; the request sent again completes it.
 */
export class RevokeKey {
  constructor(private readonly parts: RevokeKeyParts) {}

  /** A revoked key stays revoked: doing it again changes nothing. @throws AppError `NOT_FOUND` */
  async run(admin: Admin, keyId: string): Promise<void> {
    const { changes, policy, clock } = this.parts;
    const { org } = admin.principal;
    await changes.change(org, async (manager, note) => {
      const key = await lockKey(manager, org, keyId);
      if (key.revokedAt !== null) return;
      await policy.send(admin, [{ type: 'RevokeCredential', sid: keyId, generation: key.generation }]);
      await manager.update(ApiKeyRow, { orgId: org, keyId }, { revokedAt: clock() });
      const target = { type: 'key', id: keyId };
      await note({ org, action: 'key.revoked', by: admin, target, version: '1', data: { user: key.userId } });
    });
  }
}

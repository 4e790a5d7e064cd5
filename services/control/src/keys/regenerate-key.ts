import { AppError } from '@portcullis/contracts';
import type { PolicyCommands } from '../access/policy-commands.js';
import type { Admin } from '../authentication/admin.js';
import { ApiKeyRow } from '../database/rows.js';
import type { DirectoryChanges } from '../outbox/directory-changes.js';
import type { KeyWithSecret } from './create-key.js';
import type { KeyMaker } from './key-maker.js';
import { lockKey } from './lock-key.js';

export interface RegenerateKeyParts {
  readonly changes: DirectoryChanges;
  readonly policy: PolicyCommands;
  readonly keys: KeyMaker;
  readonly clock: () => Date;
}

/**
 * Replaces the secret of a key. Order, and what a failure leaves behind:
 *
 * 1. policy revokes the present generation: the old secret is denied everything from here on, whatever is cached;
 * 2. the row gets the new hash and the next generation, the fact is written.
 *
 * A failure between the two leaves a key that opens nothing; the request sent again completes it.
 */
export class RegenerateKey {
  constructor(private readonly parts: RegenerateKeyParts) {}

  /** @throws AppError `NOT_FOUND`; `FAILED_PRECONDITION` for a revoked key. */
  async run(admin: Admin, keyId: string): Promise<KeyWithSecret> {
    const { changes, policy, keys, clock } = this.parts;
    const { org } = admin.principal;
    return changes.change(org, async (manager, note) => {
      const old = await lockKey(manager, org, keyId);
      if (old.revokedAt !== null)
        throw new AppError('FAILED_PRECONDITION', 'The key is revoked: create a new one.');
      await policy.send(admin, [{ type: 'RevokeCredential', sid: keyId, generation: old.generation }]);
      const made = await keys.remake(keyId);
      const change = { hash: made.hash, generation: old.generation + 1, regeneratedAt: clock() };
      await manager.update(ApiKeyRow, { orgId: org, keyId }, change);
      const { generation } = change;
      const target = { type: 'key', id: keyId };
      const data = { user: old.userId, generation };
      await note({ org, action: 'key.regenerated', by: admin, target, version: String(generation), data });
      return { row: { ...old, ...change }, text: made.text };
    });
  }
}

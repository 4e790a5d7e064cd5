import type { PolicyCommands } from '../access/policy-commands.js';
import type { Admin } from '../authentication/admin.js';
import { ServerRow } from '../database/rows.js';
import type { EraseInVault } from '../erasing/erase-in-vault.js';
import type { DirectoryChanges } from '../outbox/directory-changes.js';
import { IsNull } from 'typeorm';
import { lockServer } from './read-servers.js';

export interface DeleteServerParts {
  readonly changes: DirectoryChanges;
  readonly policy: PolicyCommands;
  readonly vault: EraseInVault;
  readonly clock: () => Date;
}

/**
 * Disconnects a server. Order, and what a failure leaves behind:
 *
 * 1. policy forgets it, so that the next call is denied and no credential is opened for it any more;
 * 2. the vault destroys every credential that is kept for it, whoever owns it;
 * 3. policy is told again, for what was changed meanwhile, and the row stays as a deleted one.
 *
 * A failure in between leaves a server that is listed but refused; the request sent again completes it.
 */
export class DeleteServer {
  constructor(private readonly parts: DeleteServerParts) {}

  /** @throws AppError `NOT_FOUND`, and the vault's. */
  async run(admin: Admin, slug: string): Promise<void> {
    const { changes, policy, vault } = this.parts;
    const { org } = admin.principal;
    const { srv } = await changes.change(org, async (manager) => {
      const server = await lockServer(manager, org, slug);
      await policy.send(admin, [{ type: 'RemoveServer', srv: server.srv }]);
      return server;
    });
    await vault.run(admin, 'server', srv);
    await this.conclude(admin, { slug, srv });
  }

  /** By id: somebody else may have deleted it meanwhile, and connected another one under its slug. */
  private conclude(admin: Admin, { slug, srv }: { slug: string; srv: string }): Promise<void> {
    const { changes, policy, clock } = this.parts;
    const { org } = admin.principal;
    return changes.change(org, async (manager, note) => {
      const open = { orgId: org, srv, deletedAt: IsNull() };
      const { affected } = await manager.update(ServerRow, open, { deletedAt: clock() });
      if (affected !== 1) return;
      await policy.send(admin, [{ type: 'RemoveServer', srv }]);
      const target = { type: 'server', id: srv };
      await note({ org, action: 'server.deleted', by: admin, target, version: '1', data: { slug } });
    });
  }
}

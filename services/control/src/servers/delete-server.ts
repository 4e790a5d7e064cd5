import type { PolicyCommands } from '../access/policy-commands.js';
import type { Admin } from '../authentication/admin.js';
import { ServerRow } from '../database/rows.js';
import type { DirectoryChanges } from '../outbox/directory-changes.js';
import { lockServer } from './read-servers.js';

export interface DeleteServerParts {
  readonly changes: DirectoryChanges;
  readonly policy: PolicyCommands;
  readonly clock: () => Date;
}

/**
 * Disconnects a server: first in policy, so that the next call is denied and no credential is opened for it any more,
 * then in the row, which stays as a deleted one. A failure between the two leaves a server that is listed but refused;
 * the request sent again completes it.
 */
export class DeleteServer {
  constructor(private readonly parts: DeleteServerParts) {}

  /** @throws AppError `NOT_FOUND` */
  async run(admin: Admin, slug: string): Promise<void> {
    const { changes, policy, clock } = this.parts;
    const { org } = admin.principal;
    await changes.change(org, async (manager, note) => {
      const { srv } = await lockServer(manager, org, slug);
      await policy.send(admin, [{ type: 'RemoveServer', srv }]);
      await manager.update(ServerRow, { orgId: org, srv }, { deletedAt: clock() });
      const target = { type: 'server', id: srv };
      await note({ org, action: 'server.deleted', by: admin, target, version: '1', data: { slug } });
    });
  }
}

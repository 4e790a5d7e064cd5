import { isDeepStrictEqual } from 'node:util';
import { newId } from '@portcullis/contracts';
import type { PolicyCommands } from '../access/policy-commands.js';
import type { Admin } from '../authentication/admin.js';
import { ServerRow } from '../database/rows.js';
import type { DirectoryChanges } from '../outbox/directory-changes.js';
import type { WantedServer } from './connect-server.js';
import { asPolicyServer, connectCommands, destinationOf } from './describe-server.js';
import { lockServer } from './read-servers.js';

export interface ChangeServerParts {
  readonly changes: DirectoryChanges;
  readonly policy: PolicyCommands;
  readonly clock: () => Date;
}

/**
 * Changes a server. Order, and what a failure leaves behind:
 *
 * 1. policy takes the new destination and slots: grants name the new destination from here on;
 * 2. the row is changed, the fact is written.
 *
 * Between the two the gateway still has the old URL, whose origin is not the grant's, so calls are refused; the request
 * sent again completes it. The row is locked meanwhile: two changes can't interleave.
 */
export class ChangeServer {
  constructor(private readonly parts: ChangeServerParts) {}

  /** @throws AppError `NOT_FOUND`, `INVALID_ARGUMENT` */
  async run(admin: Admin, slug: string, wanted: Partial<Omit<WantedServer, 'slug'>>): Promise<ServerRow> {
    const { changes, policy, clock } = this.parts;
    const { org } = admin.principal;
    return changes.change(org, async (manager, note) => {
      const old = await lockServer(manager, org, slug);
      const url = wanted.url ?? old.url;
      const change = {
        name: wanted.name ?? old.name,
        url,
        dst: destinationOf(url),
        slots: wanted.slots ?? old.slots,
        status: 'active' as const,
        changedAt: clock(),
      };
      if (isSame(old, change)) return old;
      const row = { ...old, ...change };
      const command = { type: 'ChangeServer' as const, ...asPolicyServer(row) };
      await policy.send(admin, old.status === 'pending' ? connectCommands(row) : [command]);
      await manager.update(ServerRow, { orgId: org, srv: old.srv }, change);
      await note({
        org,
        action: 'server.changed',
        by: admin,
        target: { type: 'server', id: old.srv },
        version: newId(),
        data: { slug, dst: change.dst, slots: change.slots.map(({ slot, owner }) => ({ slot, owner })) },
      });
      return row;
    });
  }
}

/** Asking for what is so already is no change, and nothing to record. */
const isSame = (
  old: ServerRow,
  { name, url, slots, status }: Pick<ServerRow, 'name' | 'url' | 'slots' | 'status'>,
) => isDeepStrictEqual([old.name, old.url, old.slots, old.status], [name, url, slots, status]);

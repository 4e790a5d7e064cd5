import { AppError, newId } from '@portcullis/contracts';
import { IsNull, type EntityManager } from 'typeorm';
import type { PolicyCommands } from '../access/policy-commands.js';
import type { Admin } from '../authentication/admin.js';
import { refuseTaken } from '../database/conflict.js';
import { ServerRow, type StoredSlot } from '../database/rows.js';
import type { DirectoryChanges } from '../outbox/directory-changes.js';
import { connectCommands, destinationOf } from './describe-server.js';
import { lockServer } from './read-servers.js';

export interface WantedServer {
  readonly slug: string;
  readonly name: string;
  readonly url: string;
  readonly slots: StoredSlot[];
}

export interface ConnectServerParts {
  readonly changes: DirectoryChanges;
  readonly policy: PolicyCommands;
  readonly clock: () => Date;
}

/** What one directory answer may hold. */
const MAX_SERVERS = 500;

/**
 * Connects a server. Order, and what a failure leaves behind:
 *
 * 1. the row is written as `pending`, which reserves the slug: the directory does not show it to the gateway;
 * 2. with the row locked, policy connects it, under the same id however often this is tried;
 * 3. the row becomes `active`, the fact is written.
 *
 * The request sent again goes on with the pending row, with the values of the new request. Deleting takes it away.
 */
export class ConnectServer {
  constructor(private readonly parts: ConnectServerParts) {}

  /** @throws AppError `ALREADY_EXISTS` for a slug in use, `INVALID_ARGUMENT` for a URL that can't be dialled. */
  async run(admin: Admin, wanted: WantedServer): Promise<ServerRow> {
    const { changes, policy } = this.parts;
    const { org } = admin.principal;
    const dst = destinationOf(wanted.url);
    const pending = await refuseTaken(`The slug "${wanted.slug}" is in use.`, () =>
      changes.change(org, (manager) => this.prepare(manager, org, { ...wanted, dst })),
    );
    return changes.change(org, async (manager, note) => {
      const row = await lockServer(manager, org, pending.slug);
      if (row.srv !== pending.srv || row.status !== 'pending') {
        throw new AppError('CONFLICT', 'The server was connected or changed meanwhile.');
      }
      // What is in the row, by now perhaps a later request's: policy and the row must say the same.
      await policy.send(admin, connectCommands(row));
      const { srv, slug, dst } = row;
      await manager.update(ServerRow, { orgId: org, srv }, { status: 'active' });
      const data = { slug, dst, slots: row.slots.map(({ slot, owner }) => ({ slot, owner })) };
      const target = { type: 'server', id: srv };
      await note({ org, action: 'server.connected', by: admin, target, version: '1', data });
      return { ...row, status: 'active' as const };
    });
  }

  private async prepare(
    manager: EntityManager,
    org: string,
    wanted: WantedServer & { dst: string },
  ): Promise<ServerRow> {
    const known = await manager.findOneBy(ServerRow, { orgId: org, slug: wanted.slug, deletedAt: IsNull() });
    if (known?.status === 'active')
      throw new AppError('ALREADY_EXISTS', `The slug "${wanted.slug}" is in use.`);
    if ((await manager.countBy(ServerRow, { orgId: org, deletedAt: IsNull() })) >= MAX_SERVERS) {
      throw new AppError('FAILED_PRECONDITION', `An organisation may have ${MAX_SERVERS} servers.`);
    }
    const now = this.parts.clock();
    const row: ServerRow = {
      orgId: org,
      srv: known?.srv ?? newId(),
      ...wanted,
      status: 'pending',
      createdAt: known?.createdAt ?? now,
      changedAt: now,
      deletedAt: null,
    };
    await manager.upsert(ServerRow, row, ['orgId', 'srv']);
    return row;
  }
}

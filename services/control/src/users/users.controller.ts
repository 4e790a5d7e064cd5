import { Controller } from '@nestjs/common';
import type { UserRow } from '../database/rows.js';
import { iso } from '../http/admin-fields.js';
import type { Asked, Reply } from '../http/route.js';
import { AskedFor, Serves } from '../http/serves.js';
import { CreateUser } from './create-user.js';
import { EraseUser } from './erase-user.js';
import { ReadUsers } from './read-users.js';
import { RemoveUser } from './remove-user.js';
import { CREATE_USER, ERASE_USER, GET_USER, LIST_USERS, REMOVE_USER } from './users.routes.js';

@Controller()
export class UsersController {
  constructor(
    private readonly users: ReadUsers,
    private readonly createUser: CreateUser,
    private readonly removeUser: RemoveUser,
    private readonly eraseUser: EraseUser,
  ) {}

  @Serves(LIST_USERS)
  async list(@AskedFor() { admin, query }: Asked<typeof LIST_USERS>): Promise<Reply<typeof LIST_USERS>> {
    const rows = await this.users.page(admin.principal.org, query);
    return { users: rows.map(shown), next: rows.length < query.limit ? null : (rows.at(-1)?.userId ?? null) };
  }

  @Serves(CREATE_USER)
  async create(@AskedFor() { admin, body }: Asked<typeof CREATE_USER>): Promise<Reply<typeof CREATE_USER>> {
    return shown(await this.createUser.run(admin, body));
  }

  @Serves(GET_USER)
  async get(@AskedFor() { admin, params }: Asked<typeof GET_USER>): Promise<Reply<typeof GET_USER>> {
    return shown(await this.users.one(admin.principal.org, params.user));
  }

  @Serves(REMOVE_USER)
  remove(@AskedFor() { admin, params }: Asked<typeof REMOVE_USER>): Promise<void> {
    return this.removeUser.run(admin, params.user);
  }

  @Serves(ERASE_USER)
  erase(@AskedFor() { admin, params }: Asked<typeof ERASE_USER>): Promise<Reply<typeof ERASE_USER>> {
    return this.eraseUser.run(admin, params.user);
  }
}

const shown = (row: UserRow): Reply<typeof GET_USER> => ({
  user: row.userId,
  name: row.name,
  email: row.email,
  kind: row.kind,
  status: row.status,
  createdAt: row.createdAt.toISOString(),
  removedAt: iso(row.removedAt),
});

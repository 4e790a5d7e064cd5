import { Controller } from '@nestjs/common';
import { VERBS, type DirectoryReply, type DirectoryRequest } from '@portcullis/contracts';
import { ServesVerb } from '@portcullis/platform';
import type { ServerRow } from '../database/rows.js';
import type { Asked, Reply } from '../http/route.js';
import { AskedFor, Serves } from '../http/serves.js';
import { ChangeServer } from './change-server.js';
import { ConnectServer } from './connect-server.js';
import { DeleteServer } from './delete-server.js';
import { ReadServers } from './read-servers.js';
import { CHANGE_SERVER, CONNECT_SERVER, DELETE_SERVER, GET_SERVER, LIST_SERVERS } from './servers.routes.js';

@Controller()
export class ServersController {
  constructor(
    private readonly servers: ReadServers,
    private readonly connectServer: ConnectServer,
    private readonly changeServer: ChangeServer,
    private readonly deleteServer: DeleteServer,
  ) {}

  /** For the gateway: what it may dial for one organisation. What policy has not confirmed is not shown. */
  @ServesVerb(VERBS.directory)
  async directory({ org }: DirectoryRequest): Promise<DirectoryReply> {
    const rows = await this.servers.all(org);
    return {
      servers: rows
        .filter(({ status }) => status === 'active')
        .map(({ srv, slug, name, url, dst, slots }) => ({ srv, slug, name, url, dst, slots })),
    };
  }

  @Serves(LIST_SERVERS)
  async list(@AskedFor() { admin }: Asked<typeof LIST_SERVERS>): Promise<Reply<typeof LIST_SERVERS>> {
    const rows = await this.servers.all(admin.principal.org);
    return { servers: rows.map(shown) };
  }

  @Serves(CONNECT_SERVER)
  async connect(
    @AskedFor() { admin, body }: Asked<typeof CONNECT_SERVER>,
  ): Promise<Reply<typeof CONNECT_SERVER>> {
    return shown(await this.connectServer.run(admin, body));
  }

  @Serves(GET_SERVER)
  async get(@AskedFor() { admin, params }: Asked<typeof GET_SERVER>): Promise<Reply<typeof GET_SERVER>> {
    return shown(await this.servers.one(admin.principal.org, params.slug));
  }

  @Serves(CHANGE_SERVER)
  async change(
    @AskedFor() { admin, params, body }: Asked<typeof CHANGE_SERVER>,
  ): Promise<Reply<typeof CHANGE_SERVER>> {
    return shown(await this.changeServer.run(admin, params.slug, body));
  }

  @Serves(DELETE_SERVER)
  delete(@AskedFor() { admin, params }: Asked<typeof DELETE_SERVER>): Promise<void> {
    return this.deleteServer.run(admin, params.slug);
  }
}

const shown = (row: ServerRow): Reply<typeof GET_SERVER> => ({
  srv: row.srv,
  slug: row.slug,
  name: row.name,
  url: row.url,
  dst: row.dst,
  slots: row.slots,
  status: row.status,
  createdAt: row.createdAt.toISOString(),
  changedAt: row.changedAt.toISOString(),
});

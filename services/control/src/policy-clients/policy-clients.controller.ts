import { Controller } from '@nestjs/common';
import type { Asked, Reply } from '../http/route.js';
import { AskedFor, Serves } from '../http/serves.js';
import { ManagePolicyClients } from './manage-policy-clients.js';
import { ADD_CLIENT, LIST_CLIENTS, REVOKE_CLIENT } from './policy-clients.routes.js';

@Controller()
export class PolicyClientsController {
  constructor(private readonly clients: ManagePolicyClients) {}

  @Serves(LIST_CLIENTS)
  async list(@AskedFor() { admin }: Asked<typeof LIST_CLIENTS>): Promise<Reply<typeof LIST_CLIENTS>> {
    return { clients: await this.clients.list(admin) };
  }

  @Serves(ADD_CLIENT)
  add(@AskedFor() { admin, body }: Asked<typeof ADD_CLIENT>): Promise<Reply<typeof ADD_CLIENT>> {
    return this.clients.add(admin, body.name);
  }

  @Serves(REVOKE_CLIENT)
  revoke(@AskedFor() { admin, params }: Asked<typeof REVOKE_CLIENT>): Promise<void> {
    return this.clients.revoke(admin, params.client);
  }
}

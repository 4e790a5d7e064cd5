import { Controller } from '@nestjs/common';
import type { Asked, Reply } from '../http/route.js';
import { AskedFor, Serves } from '../http/serves.js';
import { ManageSecrets } from './manage-secrets.js';
import { SealingKey } from './sealing-key.js';
import { DELETE_SECRET, GET_SEALING_KEY, LIST_SECRETS, PUT_SECRET } from './secrets.routes.js';

@Controller()
export class SecretsController {
  constructor(
    private readonly secrets: ManageSecrets,
    private readonly sealingKey: SealingKey,
  ) {}

  @Serves(GET_SEALING_KEY)
  key(@AskedFor() { admin, query }: Asked<typeof GET_SEALING_KEY>): Promise<Reply<typeof GET_SEALING_KEY>> {
    return this.sealingKey.run(admin, query);
  }

  @Serves(LIST_SECRETS)
  list(@AskedFor() { admin, params }: Asked<typeof LIST_SECRETS>): Promise<Reply<typeof LIST_SECRETS>> {
    return this.secrets.list(admin, params.slug);
  }

  @Serves(PUT_SECRET)
  put(@AskedFor() { admin, params, body }: Asked<typeof PUT_SECRET>): Promise<Reply<typeof PUT_SECRET>> {
    const { owner, sealed } = body;
    return this.secrets.put(admin, params.slug, { slot: params.slot, owner, sealed });
  }

  @Serves(DELETE_SECRET)
  delete(
    @AskedFor() { admin, params, query }: Asked<typeof DELETE_SECRET>,
  ): Promise<Reply<typeof DELETE_SECRET>> {
    return this.secrets.delete(admin, params.slug, { slot: params.slot, ...query });
  }
}

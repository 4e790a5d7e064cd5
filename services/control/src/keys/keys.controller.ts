import { Controller } from '@nestjs/common';
import { asOrganisation } from '@portcullis/platform';
import { DataSource } from 'typeorm';
import { ApiKeyRow } from '../database/rows.js';
import { iso } from '../http/admin-fields.js';
import type { Asked, Reply } from '../http/route.js';
import { AskedFor, Serves } from '../http/serves.js';
import { requireUser } from '../users/read-users.js';
import { CreateKey, type KeyWithSecret } from './create-key.js';
import { CREATE_KEY, LIST_KEYS, REGENERATE_KEY, REVOKE_KEY } from './keys.routes.js';
import { RegenerateKey } from './regenerate-key.js';
import { RevokeKey } from './revoke-key.js';

@Controller()
export class KeysController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly createKey: CreateKey,
    private readonly regenerateKey: RegenerateKey,
    private readonly revokeKey: RevokeKey,
  ) {}

  @Serves(LIST_KEYS)
  async list(@AskedFor() { admin, params }: Asked<typeof LIST_KEYS>): Promise<Reply<typeof LIST_KEYS>> {
    const { org } = admin.principal;
    const rows = await asOrganisation(this.dataSource, org, async (manager) => {
      await requireUser(manager, org, params.user);
      return manager.find(ApiKeyRow, { where: { orgId: org, userId: params.user }, order: { keyId: 'ASC' } });
    });
    return { keys: rows.map(shown) };
  }

  @Serves(CREATE_KEY)
  async create(
    @AskedFor() { admin, params, body }: Asked<typeof CREATE_KEY>,
  ): Promise<Reply<typeof CREATE_KEY>> {
    return withSecret(await this.createKey.run(admin, params.user, body));
  }

  @Serves(REGENERATE_KEY)
  async regenerate(
    @AskedFor() { admin, params }: Asked<typeof REGENERATE_KEY>,
  ): Promise<Reply<typeof REGENERATE_KEY>> {
    return withSecret(await this.regenerateKey.run(admin, params.key));
  }

  @Serves(REVOKE_KEY)
  revoke(@AskedFor() { admin, params }: Asked<typeof REVOKE_KEY>): Promise<void> {
    return this.revokeKey.run(admin, params.key);
  }
}

/** Field by field: the row's hash has no way out. */
const shown = (row: ApiKeyRow): Reply<typeof LIST_KEYS>['keys'][number] => ({
  key: row.keyId,
  user: row.userId,
  name: row.name,
  scopes: row.scopes,
  generation: row.generation,
  createdAt: row.createdAt.toISOString(),
  regeneratedAt: iso(row.regeneratedAt),
  lastUsedAt: iso(row.lastUsedAt),
  revokedAt: iso(row.revokedAt),
});

const withSecret = ({ row, text }: KeyWithSecret): Reply<typeof CREATE_KEY> => ({
  ...shown(row),
  secret: text,
});

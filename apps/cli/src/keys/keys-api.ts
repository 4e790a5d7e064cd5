import { keksReplySchema, type KeksReply } from '@portcullis/contracts';
import { AdminApi } from '../admin-api/admin-api.js';
import { adminKey } from '../config.js';

export const KEKS = '/api/vault/keks';

export const keysApi = (admin: string): AdminApi => new AdminApi(admin, adminKey());

export const readKeys = (api: AdminApi): Promise<KeksReply> =>
  api.call({ method: 'GET', path: KEKS, reply: keksReplySchema });

/** One line of JSON, or lines for people. */
export function print(json: boolean, value: unknown, text: string): void {
  process.stdout.write(`${json ? JSON.stringify(value) : text}\n`);
}

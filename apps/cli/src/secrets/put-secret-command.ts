import { readFileSync } from 'node:fs';
import { AdminApi } from '../admin-api/admin-api.js';
import { adminKey } from '../config.js';
import { putSecret } from './put-secret.js';

export interface PutSecretArguments {
  server: string;
  slot: string;
  admin: string;
  owner: 'organisation' | 'user';
  root: string[] | null;
}

/**
 * `portcullis secrets put`: reads the credential from standard input (never from the command line, which everybody on
 * the machine can read), seals it here and stores it. One line end at its end is not part of it.
 */
export async function putSecretCommand({
  server,
  slot,
  admin,
  owner,
  root,
}: PutSecretArguments): Promise<void> {
  const credential = readFileSync(0, 'utf8').replace(/\r?\n$/, '');
  if (credential === '') throw new Error('There is no credential on standard input');
  const api = new AdminApi(admin, adminKey());
  const stored = await putSecret(api, { server, slot, owner, credential, pinnedRoots: root });
  const ending = stored.last4 === null ? '' : `, ending in ${stored.last4}`;
  process.stdout.write(`Stored for ${stored.dst} as version ${stored.version}${ending}\n`);
}

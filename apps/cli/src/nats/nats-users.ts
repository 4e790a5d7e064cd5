import { readFileSync } from 'node:fs';
import { createUser, fromSeed } from '@nats-io/nkeys';
import { subjectPermissions, type NatsUser } from '@portcullis/contracts';
import { createOnce } from '../setup/create-once.js';
import type { DataDirectory } from '../setup/data-directory.js';
import type { NatsUserEntry } from './nats-config.js';

export const natsSeedFile = (data: DataDirectory, user: NatsUser): string =>
  data.file('nats', `${user}.seed`);

/** Makes the key of every user that has none yet, and lists all of them with what they may do. */
export function ensureNatsUsers(data: DataDirectory): NatsUserEntry[] {
  return (Object.keys(subjectPermissions) as (keyof typeof subjectPermissions)[]).map((user) => {
    const file = natsSeedFile(data, user);
    createOnce(file, () => Buffer.from(createUser().getSeed()).toString('ascii'));
    const publicKey = fromSeed(readFileSync(file)).getPublicKey();
    return { user, publicKey, permissions: subjectPermissions[user] };
  });
}

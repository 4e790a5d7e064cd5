import { fromSeed } from '@nats-io/nkeys';
import { subjectPermissions } from '@portcullis/contracts';
import { z } from 'zod';
import { fail, unlessFaulty, type Finding } from '../finding.js';
import type { Check } from '../run-checks.js';
import { readOwnFile, readOwnJson } from './read-own-file.js';

type User = keyof typeof subjectPermissions;

const rights = z.object({ allow: z.array(z.string()) });
const configSchema = z.object({
  authorization: z.object({
    users: z.array(
      z.object({ nkey: z.string(), permissions: z.object({ publish: rights, subscribe: rights }) }),
    ),
  }),
});

export interface NatsUserFacts {
  /** What is in the server's configuration file; undefined: nothing that is JSON. */
  config: unknown;
  /** Public key that belongs to the user's seed; undefined: there is no seed, or it is none. */
  keys: readonly { user: User; publicKey: string | undefined }[];
  mend: { seed: string; config: string };
}

/** The broker has to know exactly our users, each with exactly what the table of verbs gives it. */
export function judgeNatsUsers({ config, keys, mend }: NatsUserFacts): Finding[] {
  const parsed = configSchema.safeParse(config);
  if (!parsed.success) return [fail('the configuration of NATS is missing or has no users', mend.config)];
  const { users } = parsed.data.authorization;
  const faults = keys.flatMap(({ user, publicKey }) => {
    if (publicKey === undefined) return [fail(`the NATS seed of ${user} is missing or none`, mend.seed)];
    const entry = users.find(({ nkey }) => nkey === publicKey);
    if (entry === undefined) return [fail(`NATS does not know the key of ${user}`, mend.config)];
    const { publish, subscribe } = subjectPermissions[user];
    const same =
      sameList(entry.permissions.publish.allow, publish) &&
      sameList(entry.permissions.subscribe.allow, subscribe);
    return same ? [] : [fail(`NATS allows ${user} other subjects than this version uses`, mend.config)];
  });
  const known = new Set(keys.map(({ publicKey }) => publicKey));
  const strangers = users.filter(({ nkey }) => !known.has(nkey)).length;
  if (strangers > 0 && faults.length === 0)
    faults.push(fail(`NATS lets in ${strangers} users that are none of ours`, mend.config));
  return unlessFaulty(faults, `${keys.length} users, each with its own key and subjects`);
}

const sameList = (a: readonly string[], b: readonly string[]): boolean =>
  JSON.stringify([...a].sort()) === JSON.stringify([...b].sort());

export interface NatsUserFiles {
  config: string;
  seedOf: (user: User) => string;
  mend: NatsUserFacts['mend'];
}

export const NATS_USERS = Object.keys(subjectPermissions) as User[];

export const natsUsersCheck = ({ config, seedOf, mend }: NatsUserFiles): Check => ({
  id: 'nats-users',
  run: async () => {
    const keys = NATS_USERS.map(async (user) => ({ user, publicKey: await publicKeyIn(seedOf(user)) }));
    return judgeNatsUsers({ config: await readOwnJson(config), keys: await Promise.all(keys), mend });
  },
});

async function publicKeyIn(seedFile: string): Promise<string | undefined> {
  const seed = await readOwnFile(seedFile);
  try {
    return seed === undefined ? undefined : fromSeed(Buffer.from(seed.trim())).getPublicKey();
  } catch {
    return undefined;
  }
}

import { existsSync } from 'node:fs';
import { certificateFile } from '@portcullis/embedded-eventstore';
import { z } from 'zod';
import { natsSeedFile } from '../../nats/nats-users.js';
import { databasePasswordName, SERVICES_WITH_DATABASE } from '../../postgres/service-databases.js';
import { SECRETS } from '../../setup/installation.js';
import { secretFile } from '../../setup/secrets.js';
import { SERVICES } from '../../setup/trust.js';
import { eventStoreCredentials } from '../../up/parts.js';
import { certificatesCheck } from '../directory/certificates.js';
import { leftoversCheck, upCommand } from '../directory/leftovers.js';
import { natsUsersCheck } from '../directory/nats-users.js';
import { permissionsCheck } from '../directory/permissions.js';
import { readOwnJson } from '../directory/read-own-file.js';
import { RANDOM_SECRET, secretsCheck, type SecretFile } from '../directory/secrets.js';
import { trustCheck } from '../directory/trust.js';
import { quoted } from '../finding.js';
import type { Check } from '../run-checks.js';
import type { EmbeddedSetting } from './setting.js';

const PASSWORDS = SERVICES_WITH_DATABASE.flatMap((service) =>
  (['owner', 'app', 'job'] as const).map((role) => databasePasswordName(service, role)),
);

/** What lies in the data directory, looked at without asking any process. */
export function directoryChecks(setting: EmbeddedSetting, owner: number): Check[] {
  const { data, now, held, running, stale } = setting;
  const again = `end Portcullis, then ${upCommand(setting.command, data.root)}`;
  const root = data.file('keys', 'installation-root.json');
  const files = SERVICES.map((service) => ({
    service,
    bundle: data.file('keys', 'trust-bundle.json'),
    identity: data.file('keys', `${service}.json`),
  }));
  return [
    permissionsCheck(data.root, {
      // The server runs under an account of its own where the caller is root.
      ownerOf: (relative) => (relative === 'postgres' ? null : owner),
      closed: ['postgres'],
    }),
    secretsCheck(secretFiles(setting, again)),
    trustCheck(files, async () => rootSchema.safeParse(await readOwnJson(root)).data?.publicKey, now),
    natsUsersCheck({
      config: data.file('nats', 'nats.conf'),
      seedOf: (user) => natsSeedFile(data, user),
      mend: { seed: `${again}, which makes a new one`, config: `${again}, which writes it anew` },
    }),
    certificatesCheck(certificates(setting, again), now),
    leftoversCheck({ held, running, stale, up: upCommand(setting.command, data.root) }),
  ];
}

const rootSchema = z.object({ publicKey: z.string() });

function secretFiles({ data }: EmbeddedSetting, again: string): SecretFile[] {
  return SECRETS.map((name) => ({
    name,
    path: secretFile(data, name),
    form: RANDOM_SECRET,
    mend: mendOf(name, again),
    ...(name === 'bootstrap-token' ? { digestPath: secretFile(data, `${name}.sha256`) } : {}),
  }));
}

/** A new one is made at the next start; for some that is the end of what the old one protected. */
function mendOf(name: string, again: string): string {
  if (PASSWORDS.includes(name)) return `${again}, which makes a new one and sets it`;
  if (name === 'vault-root')
    return 'put it back from a backup before the next start: without it no stored credential can be opened';
  if (name === 'postgres-superuser')
    return 'put it back from a backup before the next start: without it the databases can not be set up';
  if (name === 'policy-client-root')
    return `put it back from a backup; with a new one (${again}) every policy client needs a new token`;
  return `${again}, which makes a new one; it is needed for the first organisation only`;
}

/** Made by the node at its first start. */
function certificates({ data }: EmbeddedSetting, again: string) {
  const credentials = eventStoreCredentials(data);
  if (!existsSync(credentials)) return [];
  const mend = `rm ${quoted(credentials)}; ${again}, which makes a new one`;
  return [{ name: 'the event store', path: certificateFile(credentials), mend }];
}

import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { databasePasswordName, SERVICES_WITH_DATABASE } from '../postgres/service-databases.js';
import { createOnce } from './create-once.js';
import { assertPrivate } from './private-files.js';
import type { DataDirectory } from './data-directory.js';
import { ensureSecretHash, ensureSecrets } from './secrets.js';
import { ensureTrust, type TrustFiles } from './trust.js';

const installationSchema = z.strictObject({
  version: z.literal(1),
  id: z.uuid(),
  createdAt: z.iso.datetime(),
});

export interface Installation {
  /** Random; marks this installation's processes and names it in the trust bundle. */
  id: string;
  trust: TrustFiles;
  /** SHA-256 of the bootstrap token, which alone makes the first organisation and admin. */
  bootstrapTokenHashFile: string;
}

/** Names of the secrets that every installation has. */
export const SECRETS = [
  'vault-root',
  'policy-client-root',
  'bootstrap-token',
  'postgres-superuser',
  ...SERVICES_WITH_DATABASE.flatMap((service) =>
    (['owner', 'app', 'job'] as const).map((role) => databasePasswordName(service, role)),
  ),
];

/** The random id of the installation in this directory, made at its first start. */
export function installationId(data: DataDirectory): string {
  const file = data.file('root', 'installation.json');
  createOnce(file, () =>
    JSON.stringify({ version: 1, id: randomUUID(), createdAt: new Date().toISOString() }),
  );
  assertPrivate(file);
  return installationSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).id;
}

/** The same without making one: undefined when there is no installation, or none that can be read. */
export function existingInstallationId(data: DataDirectory): string | undefined {
  try {
    return installationSchema.parse(JSON.parse(readFileSync(data.file('root', 'installation.json'), 'utf8')))
      .id;
  } catch {
    return undefined;
  }
}

/** Completes the keys and secrets of an installation: all of them at the first start, what is missing after a broken one. */
export function completeInstallation(data: DataDirectory, id: string): Installation {
  ensureSecrets(data, SECRETS);
  return {
    id,
    trust: ensureTrust(data, id),
    bootstrapTokenHashFile: ensureSecretHash(data, 'bootstrap-token'),
  };
}

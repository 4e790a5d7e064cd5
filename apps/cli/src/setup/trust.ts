import { readFileSync } from 'node:fs';
import {
  generateIdentity,
  generateInstallationRoot,
  serviceIdentitySchema,
  signTrustBundle,
  type ServiceName,
  type TrustedKey,
} from '@portcullis/contracts';
import { z } from 'zod';
import { createOnce } from './create-once.js';
import type { DataDirectory } from './data-directory.js';

/** The services of the embedded shape, in the order they are started. */
export const SERVICES = [
  'vault',
  'policy',
  'audit',
  'control',
  'gateway',
] as const satisfies readonly ServiceName[];
export type EmbeddedService = (typeof SERVICES)[number];

const rootSchema = z.strictObject({ publicKey: z.string(), privateKey: z.string() });

const YEARS_VALID = 5;
/** A clock that is set back a little after the first start must not stop the second. */
const BACKDATED_MS = 3_600_000;

export interface TrustFiles {
  bundle: string;
  /** The root's public key, base64url: pinned in each service's configuration. */
  rootPublicKey: string;
  identity: (service: EmbeddedService) => string;
}

/**
 * The installation's root key, an identity per service, and the list of their public keys signed by the root. Made at
 * the first start in this order, so that the bundle, written last, names identities that are on disk.
 */
export function ensureTrust(data: DataDirectory, installation: string): TrustFiles {
  const rootFile = data.file('keys', 'installation-root.json');
  createOnce(rootFile, () => JSON.stringify(generateInstallationRoot()));
  const root = rootSchema.parse(JSON.parse(readFileSync(rootFile, 'utf8')));
  const identity = (service: EmbeddedService): string => data.file('keys', `${service}.json`);
  for (const service of SERVICES) createOnce(identity(service), () => newIdentity(service));
  const bundle = data.file('keys', 'trust-bundle.json');
  createOnce(bundle, () => {
    const keys = SERVICES.flatMap((service) => publicKeysIn(identity(service)));
    return JSON.stringify(signTrustBundle(keys, installation, root.privateKey));
  });
  return { bundle, rootPublicKey: root.publicKey, identity };
}

function newIdentity(service: EmbeddedService): string {
  const notBefore = new Date(Date.now() - BACKDATED_MS);
  const notAfter = new Date(notBefore);
  notAfter.setUTCFullYear(notAfter.getUTCFullYear() + YEARS_VALID);
  return JSON.stringify(generateIdentity(service, { notBefore, notAfter }).identity);
}

function publicKeysIn(identityFile: string): TrustedKey[] {
  const { service, keys } = serviceIdentitySchema.parse(JSON.parse(readFileSync(identityFile, 'utf8')));
  return keys.map(({ privateKey: _private, ...key }) => ({ ...key, service }));
}

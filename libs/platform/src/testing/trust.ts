import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  generateIdentity,
  generateInstallationRoot,
  Keyring,
  openTrustBundle,
  signTrustBundle,
  type ServiceName,
} from '@portcullis/contracts';

const SERVICES = ['gateway', 'control', 'vault', 'policy', 'audit'] as const;
const YEAR_MS = 365 * 24 * 3600 * 1000;

export interface TestTrust {
  keyring(service: ServiceName, clock?: () => Date): Keyring;
  /** Files and root key for a service's configuration. */
  files(service: ServiceName): { TRUST_BUNDLE_FILE: string; TRUST_ROOT_KEYS: string; IDENTITY_FILE: string };
  clean(): void;
}

/** An installation of its own: root, identities of all services, signed bundle. Two of them don't trust each other. */
export function testTrust(now: Date = new Date()): TestTrust {
  const validity = {
    notBefore: new Date(now.getTime() - YEAR_MS),
    notAfter: new Date(now.getTime() + YEAR_MS),
  };
  const root = generateInstallationRoot();
  const generated = new Map(
    SERVICES.map((service) => [service as ServiceName, generateIdentity(service, validity)]),
  );
  const keys = [...generated.values()].flatMap(({ publicKeys }) => publicKeys);
  const signed = signTrustBundle(keys, 'test-installation', root.privateKey);
  const directory = mkdtempSync(join(tmpdir(), 'portcullis-trust-'));
  const identityOf = (service: ServiceName) => {
    const found = generated.get(service);
    if (found === undefined) throw new Error(`No identity was made for ${service}.`);
    return found.identity;
  };
  return {
    keyring: (service, clock = () => new Date()) =>
      new Keyring(identityOf(service), openTrustBundle(signed, [root.publicKey], now), clock),
    files: (service) => {
      const bundle = join(directory, 'bundle.json');
      const identity = join(directory, `${service}.json`);
      writeFileSync(bundle, JSON.stringify(signed), { mode: 0o600 });
      writeFileSync(identity, JSON.stringify(identityOf(service)), { mode: 0o600 });
      return { TRUST_BUNDLE_FILE: bundle, TRUST_ROOT_KEYS: root.publicKey, IDENTITY_FILE: identity };
    },
    clean: () => rmSync(directory, { recursive: true, force: true }),
  };
}

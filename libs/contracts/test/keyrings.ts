import {
  generateIdentity,
  type ServiceIdentity,
  type ServiceName,
  type TrustedKey,
} from '../src/trust/identity.js';
import { Keyring } from '../src/trust/keyring.js';
import {
  generateInstallationRoot,
  openTrustBundle,
  signTrustBundle,
  type TrustBundle,
} from '../src/trust/trust-bundle.js';

/** A clock that a test moves by hand. */
export class TestClock {
  constructor(private time = Date.parse('2026-06-01T12:00:00.000Z')) {}

  readonly now = (): Date => new Date(this.time);

  advance(seconds: number): void {
    this.time += seconds * 1000;
  }
}

export const YEAR = {
  notBefore: new Date('2026-01-01T00:00:00.000Z'),
  notAfter: new Date('2027-01-01T00:00:00.000Z'),
};

export interface Installation {
  clock: TestClock;
  root: { publicKey: string; privateKey: string };
  bundle: TrustBundle;
  identities: Record<ServiceName, ServiceIdentity>;
  keyrings: Record<ServiceName, Keyring>;
}

/** Keyrings of all services in one installation, through a signed and opened trust bundle. */
export function installation(): Installation {
  const names: ServiceName[] = ['gateway', 'control', 'vault', 'policy', 'audit', 'sandbox'];
  const clock = new TestClock();
  const root = generateInstallationRoot();
  const generated = names.map((name) => generateIdentity(name, YEAR));
  const keys: TrustedKey[] = generated.flatMap(({ publicKeys }) => publicKeys);
  const bundle = openTrustBundle(
    signTrustBundle(keys, 'test', root.privateKey),
    [root.publicKey],
    clock.now(),
  );
  const identities = Object.fromEntries(generated.map(({ identity }) => [identity.service, identity]));
  const keyrings = Object.fromEntries(
    generated.map(({ identity }) => [identity.service, new Keyring(identity, bundle, clock.now)]),
  );
  return {
    clock,
    root,
    bundle,
    identities: identities as Installation['identities'],
    keyrings: keyrings as Installation['keyrings'],
  };
}

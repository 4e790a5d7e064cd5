import { keptFor, type ReadinessCheck } from '@portcullis/platform';
import { LocalKeyProvider } from './adapters/local.key-provider.js';
import { CustomerKeyHealth } from './key-hierarchy/customer-key-health.js';
import { KeyProviders, requireOpening } from './key-hierarchy/key-providers.js';
import { OrganisationKeys, type CustomerKey } from './key-hierarchy/organisation-keys.js';
import type { KeyProvider } from './ports/key-provider.js';
import type { KeyVersionRegister } from './ports/key-versions.js';
import type { KeySettings } from './settings/key-settings.js';
import type { KeysSettings } from './settings/read-keys.js';

/** The key-encryption keys of a replica, with which it becomes ready. */
export interface HeldKeys {
  readonly provider: OrganisationKeys;
  readonly register: KeyVersionRegister;
  readonly checks: readonly ReadinessCheck[];
}

/** However often readiness is asked for: a service may charge for every call. */
const CHECKED_EVERY_MS = 30_000;

/** The composition root of the keys. Asks nothing of their services: a replica also starts while they are away. */
export async function composeKeys(
  { primary, secondary, customers: brought }: KeysSettings,
  register: KeyVersionRegister,
): Promise<HeldKeys> {
  const sealing = await providerOf(primary, register);
  const opening = secondary === null ? null : await providerOf(secondary, register);
  const checks: ReadinessCheck[] = [checkOf('primary_key', () => sealing.check())];
  if (opening !== null) {
    const check = checkOf('secondary_key', () => requireOpening(opening));
    // What the first key wrapped still opens without the second.
    checks.push({ ...check, degrades: true });
  }
  const customers: CustomerKey[] = [];
  for (const { org, key, seals } of brought)
    customers.push({ org, seals, provider: await providerOf(key, register) });
  if (customers.length > 0) checks.push(customersCheck(customers));
  const installation = new KeyProviders(sealing, ...(opening === null ? [] : [opening]));
  return { provider: new OrganisationKeys(installation, customers), register, checks };
}

/** A customer that takes its key away stops nobody else. */
function customersCheck(customers: readonly CustomerKey[]): ReadinessCheck {
  const health = new CustomerKeyHealth(customers);
  return { name: 'customer_keys', check: () => health.check(), degrades: true };
}

/** In the time that every check has: peers that ask wait no longer, and what hangs is not ready. */
const checkOf = (name: string, check: () => Promise<void>): ReadinessCheck => ({
  name,
  check: keptFor(CHECKED_EVERY_MS, check),
});

/** Libraries are loaded for the kinds of keys that are there: they cost time and memory. */
async function providerOf(settings: KeySettings, register: KeyVersionRegister): Promise<KeyProvider> {
  switch (settings.kind) {
    case 'local': {
      const provider = new LocalKeyProvider(settings.reference, settings.rootSecret, register);
      settings.rootSecret.wipe();
      return provider;
    }
    case 'vault': {
      const { VaultTransitKeyProvider } = await import('./adapters/vault-transit.key-provider.js');
      return VaultTransitKeyProvider.create(settings.key);
    }
    case 'aws': {
      const { AwsKmsKeyProvider } = await import('./adapters/aws-kms.key-provider.js');
      return AwsKmsKeyProvider.create(settings.key);
    }
    case 'gcp': {
      const { GcpKmsKeyProvider } = await import('./adapters/gcp-kms.key-provider.js');
      return new GcpKmsKeyProvider(settings.key);
    }
  }
}

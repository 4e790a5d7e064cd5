import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GcpKmsKeyProvider, type GcpKmsKey } from '../../src/adapters/gcp-kms.key-provider.js';
import type { ProviderUnderTest } from '../../src/ports/key-provider.contract.js';
import { GcpStandIn } from './gcp-stand-in.js';
import type { CredentialFiles } from './transit-installation.js';

const ROLE = join(import.meta.dirname, '../../../../infra/gcp-kms/portcullis-role.yaml');

/** The permissions of the role that is shipped. */
export const shippedPermissions = (): string[] =>
  [...readFileSync(ROLE, 'utf8').matchAll(/^ {2}- (cloudkms\.\S+)$/gm)].map(
    ([, permission = '']) => permission,
  );

/** Two keys in a stand-in, used with the role that is shipped. */
export async function standInGcp(files: CredentialFiles) {
  const standIn = await GcpStandIn.start();
  standIn.permitted = shippedPermissions();
  const references = ['gcp:kek-a', 'gcp:kek-b'];
  const keys = new Map(references.map((it) => [it, standIn.createKey(it.replace('gcp:', ''))]));
  const credentialsFile = files.write('gcp-credentials.json', standIn.credentials);
  const keyOf = (reference: string, changes: Partial<GcpKmsKey> = {}): GcpKmsKey => ({
    reference,
    keyName: keys.get(reference)?.name ?? '',
    access: { endpoint: standIn.endpoint, ca: standIn.certificate, credentialsFile },
    ...changes,
  });
  const under: ProviderUnderTest = {
    keys: ['gcp:kek-a', 'gcp:kek-b'],
    create: async (reference) => new GcpKmsKeyProvider(keyOf(reference)),
    rotate: async (reference) => keys.get(reference)?.addVersion(),
  };
  return { standIn, under, keyOf };
}

/**
 * Two keys in Google Cloud: `PORTCULLIS_TEST_GCP_KEY_A` and `…_KEY_B` are their resource names, `…_CREDENTIALS_FILE` is a
 * credentials file (or the identity of the machine), which also needs `cloudkms.cryptoKeyVersions.create` and
 * `cloudkms.cryptoKeys.update` to rotate key A once.
 */
export function realGcp(keyA: string): ProviderUnderTest {
  const setting = (name: string): string | undefined => process.env[`PORTCULLIS_TEST_GCP_${name}`];
  const names = new Map([
    ['gcp:kek-a', keyA],
    ['gcp:kek-b', setting('KEY_B') ?? ''],
  ]);
  const credentialsFile = setting('CREDENTIALS_FILE') ?? null;
  return {
    keys: ['gcp:kek-a', 'gcp:kek-b'],
    // Each of them costs a request to the service.
    runs: 10,
    create: async (reference) =>
      new GcpKmsKeyProvider({
        reference,
        keyName: names.get(reference) ?? '',
        access: { endpoint: null, ca: null, credentialsFile },
      }),
    rotate: async (reference) => {
      const { KeyManagementServiceClient } = await import('@google-cloud/kms');
      const client = new KeyManagementServiceClient(
        credentialsFile === null ? {} : { keyFilename: credentialsFile },
      );
      const parent = names.get(reference) ?? '';
      const [version] = await client.createCryptoKeyVersion({ parent, cryptoKeyVersion: {} });
      const cryptoKeyVersionId = version.name?.split('/').at(-1) ?? '';
      await client.updateCryptoKeyPrimaryVersion({ name: parent, cryptoKeyVersionId });
      await client.close();
    },
  };
}

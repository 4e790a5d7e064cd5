import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VaultTransitKeyProvider, type TransitKey } from '../../src/adapters/vault-transit.key-provider.js';
import type { ProviderUnderTest } from '../../src/ports/key-provider.contract.js';
import { TransitStandIn } from './transit-stand-in.js';

const POLICY = join(import.meta.dirname, '../../../../infra/hashicorp-vault/portcullis-policy.hcl');

/** The policy that is shipped, for these keys in this engine. */
export function shippedPolicy(names: readonly string[], mount = 'transit'): string {
  const hcl = readFileSync(POLICY, 'utf8');
  return names
    .map((name) => hcl.replaceAll('/portcullis"', `/${name}"`).replaceAll('"transit/', `"${mount}/`))
    .join('\n');
}

/** A directory for credential files; gone with `clean`. */
export class CredentialFiles {
  private readonly directory = mkdtempSync(join(tmpdir(), 'portcullis-key-credentials-'));

  write(name: string, content: string): string {
    const path = join(this.directory, name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  }

  clean(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Two keys in a stand-in, used through AppRole with the policy that is shipped. */
export async function standInTransit(files: CredentialFiles) {
  const standIn = await TransitStandIn.start();
  standIn.grant(shippedPolicy(['kek-a', 'kek-b']));
  for (const name of ['kek-a', 'kek-b']) standIn.createKey(name);
  const login = {
    method: 'approle' as const,
    mount: 'approle',
    roleIdFile: files.write('role-id', standIn.roleId),
    secretIdFile: files.write('secret-id', `${standIn.secretId}\n`),
  };
  const keyOf = (reference: string, changes: Partial<TransitKey> = {}): TransitKey => ({
    reference,
    mount: 'transit',
    keyName: reference.replace('vault:', ''),
    server: { address: standIn.url, namespace: null, ca: null },
    login,
    ...changes,
  });
  const under: ProviderUnderTest = {
    keys: ['vault:kek-a', 'vault:kek-b'],
    create: (reference) => VaultTransitKeyProvider.create(keyOf(reference)),
    rotate: async (reference) => standIn.key(reference.replace('vault:', '')).rotate(),
  };
  return { standIn, under, keyOf };
}

/**
 * Two new keys in a real HashiCorp Vault or OpenBao: `PORTCULLIS_TEST_VAULT_ADDR`, `PORTCULLIS_TEST_VAULT_TOKEN` (may create
 * keys, policies and tokens), and if wanted `PORTCULLIS_TEST_VAULT_MOUNT`, `…_NAMESPACE`, `…_CA_FILE`. The keys are deleted at
 * the end.
 */
export async function realTransit(address: string, files: CredentialFiles) {
  const setting = (name: string): string | undefined => process.env[`PORTCULLIS_TEST_VAULT_${name}`];
  const mount = setting('MOUNT') ?? 'transit';
  const namespace = setting('NAMESPACE') ?? null;
  const headers = {
    'X-Vault-Token': setting('TOKEN') ?? '',
    ...(namespace === null ? {} : { 'X-Vault-Namespace': namespace }),
  };
  const admin = async (method: string, path: string, body?: object): Promise<unknown> => {
    const response = await fetch(`${address}/v1/${path}`, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.status === 204 ? null : response.json();
  };
  const mark = `portcullis-contract-${randomBytes(4).toString('hex')}`;
  const names = [`${mark}-a`, `${mark}-b`];
  for (const name of names)
    await admin('POST', `${mount}/keys/${name}`, { derived: true, type: 'aes256-gcm96' });
  await admin('PUT', `sys/policies/acl/${mark}`, { policy: shippedPolicy(names, mount) });
  const issued = (await admin('POST', 'auth/token/create', {
    policies: [mark],
    no_default_policy: true,
    ttl: '15m',
  })) as { auth: { client_token: string } };
  const tokenFile = files.write('token', issued.auth.client_token);
  const caFile = setting('CA_FILE');
  const ca = caFile === undefined ? null : readFileSync(caFile, 'utf8');
  const nameOf = (reference: string): string => reference.replace('vault:', '');
  const under: ProviderUnderTest = {
    keys: [`vault:${mark}-a`, `vault:${mark}-b`],
    create: (reference) =>
      VaultTransitKeyProvider.create({
        reference,
        mount,
        keyName: nameOf(reference),
        server: { address, namespace, ca },
        login: { method: 'token', tokenFile },
      }),
    rotate: async (reference) => void (await admin('POST', `${mount}/keys/${nameOf(reference)}/rotate`, {})),
  };
  const clean = async (): Promise<void> => {
    for (const name of names) {
      await admin('POST', `${mount}/keys/${name}/config`, { deletion_allowed: true });
      await admin('DELETE', `${mount}/keys/${name}`);
    }
    await admin('DELETE', `sys/policies/acl/${mark}`);
  };
  return { under, clean };
}

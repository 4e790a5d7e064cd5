// The contract suite of key providers against real servers: `npm run test:keys -w @portcullis/vault`. Starts HashiCorp Vault and
// OpenBao with docker compose, runs the suite against each, and removes them. Keys in AWS and Google Cloud are tested as well
// when the variables for them are set (docs/runbooks/key-providers.md).
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const compose = join(here, '../../../infra/docker-compose.key-tests.yml');
const SERVERS = { 'HashiCorp Vault': 'http://127.0.0.1:18200', OpenBao: 'http://127.0.0.1:18201' };
const TOKEN = 'for-tests';

const run = (command, args, env = {}) =>
  spawnSync(command, args, { stdio: 'inherit', cwd: join(here, '..'), env: { ...process.env, ...env } })
    .status === 0;
const docker = (...args) => run('docker', ['compose', '-f', compose, ...args]);
const suite = (provider, env) =>
  run(process.execPath, ['../../tools/jest.mjs', '.', `src/adapters/${provider}.key-provider.spec`], env);

async function mountTransit(address) {
  const response = await fetch(`${address}/v1/sys/mounts/transit`, {
    method: 'POST',
    headers: { 'X-Vault-Token': TOKEN },
    body: JSON.stringify({ type: 'transit' }),
  });
  if (!response.ok) throw new Error(`${address}: the transit engine can not be mounted: ${response.status}`);
}

const failed = [];
try {
  if (!docker('up', '-d', '--wait')) throw new Error('docker compose could not start the servers.');
  for (const [name, address] of Object.entries(SERVERS)) {
    await mountTransit(address);
    const env = { PORTCULLIS_TEST_VAULT_ADDR: address, PORTCULLIS_TEST_VAULT_TOKEN: TOKEN };
    if (!suite('vault-transit', env)) failed.push(name);
  }
} catch (error) {
  console.error(error.message);
  failed.push('HashiCorp Vault and OpenBao');
} finally {
  docker('down', '--volumes');
}
for (const [provider, variable] of [
  ['aws-kms', 'PORTCULLIS_TEST_AWS_KEY_A'],
  ['gcp-kms', 'PORTCULLIS_TEST_GCP_KEY_A'],
])
  if (process.env[variable] !== undefined && !suite(provider)) failed.push(provider);
console.log(
  failed.length === 0 ? 'Key providers: all passed.' : `Key providers: failed: ${failed.join(', ')}.`,
);
process.exitCode = failed.length === 0 ? 0 : 1;

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { verifies } from '../../../tools/verifies.js';
import { loadConfig } from './config.js';

const directory = mkdtempSync(join(tmpdir(), 'portcullis-policy-config-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const FILE = join(directory, 'file');
writeFileSync(FILE, 'k'.repeat(43));

const BASE = {
  NATS_URL: 'nats://127.0.0.1:4222',
  NATS_NKEY_SEED_FILE: FILE,
  TRUST_BUNDLE_FILE: FILE,
  TRUST_ROOT_KEYS: 'root',
  IDENTITY_FILE: FILE,
  EVENTSTORE_URL_FILE: FILE,
  POLICY_CLIENT_KEY_FILE: FILE,
};

/** The variables that keep the service from starting. */
function faults(change: Record<string, string>): string[] {
  try {
    loadConfig({ ...BASE, ...change });
    return [];
  } catch (error) {
    return (error as { details: { variables: string[] } }).details.variables;
  }
}

const GRPC_TLS = { GRPC_TLS_CERT_FILE: FILE, GRPC_TLS_KEY_FILE: FILE };
const AUTHZEN_TLS = { AUTHZEN_TLS_CERT_FILE: FILE, AUTHZEN_TLS_KEY_FILE: FILE };
const BASE_URL = 'https://policy.example:8443';

describe('the faces for clients', () => {
  verifies('D5');
  it.each<[Record<string, string>, string[]]>([
    [{}, []],
    [{ GRPC_HOST: '::1', AUTHZEN_HOST: 'localhost' }, []],
    [{ GRPC_HOST: '0.0.0.0' }, ['GRPC_TLS_CERT_FILE']],
    [{ GRPC_HOST: '0.0.0.0', ...GRPC_TLS }, []],
    [{ GRPC_HOST: '0.0.0.0', ...AUTHZEN_TLS }, ['GRPC_TLS_CERT_FILE']],
    [{ GRPC_TLS_CERT_FILE: FILE }, ['GRPC_TLS_KEY_FILE']],
    [{ GRPC_TLS_KEY_FILE: FILE }, ['GRPC_TLS_KEY_FILE']],
    [{ GRPC_TLS_CLIENT_CA_FILE: FILE, ...GRPC_TLS }, []],
    [{ GRPC_TLS_CLIENT_CA_FILE: FILE }, ['GRPC_TLS_CERT_FILE']],
    [{ AUTHZEN_HOST: '10.0.0.1' }, ['AUTHZEN_TLS_CERT_FILE', 'AUTHZEN_BASE_URL']],
    [{ AUTHZEN_HOST: '10.0.0.1', AUTHZEN_BASE_URL: BASE_URL }, ['AUTHZEN_TLS_CERT_FILE']],
    [{ AUTHZEN_HOST: '10.0.0.1', AUTHZEN_BASE_URL: BASE_URL, ...AUTHZEN_TLS }, []],
    [{ AUTHZEN_BASE_URL: `${BASE_URL}/` }, ['AUTHZEN_BASE_URL']],
    [{ AUTHZEN_BASE_URL: `${BASE_URL}?a=b` }, ['AUTHZEN_BASE_URL']],
    [{ AUTHZEN_BASE_URL: 'policy.example' }, ['AUTHZEN_BASE_URL']],
  ])('with %j is refused for %j', (change, wanted) => {
    expect(faults(change)).toEqual(wanted);
  });
});

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { KEY_VARIABLES, readKeys } from '../src/settings/read-keys.js';
import { CredentialFiles } from './support/transit-installation.js';

const INFRA = join(import.meta.dirname, '../../../infra');
const files = new CredentialFiles();
afterAll(() => files.clean());

interface ComposeFile {
  readonly services: Readonly<
    Record<string, { readonly image?: string; readonly environment?: Record<string, string> }>
  >;
}
const compose = (name: string): ComposeFile => parse(readFileSync(join(INFRA, name), 'utf8')) as ComposeFile;

describe('the compose file for a key in HashiCorp Vault', () => {
  const { services } = compose('docker-compose.transit.yml');
  const given = services['vault']?.environment ?? {};
  // As compose does it when nothing of it is set.
  const values = Object.entries(given).map(([name, value]) => [
    name,
    value.replace(/\$\{\w+:?-([^}]*)\}/, '$1'),
  ]);

  it('changes nothing but variables of keys, which configuration knows', () => {
    expect(Object.keys(services)).toEqual(['vault']);
    expect(Object.keys(given).filter((name) => !KEY_VARIABLES.includes(name))).toEqual([]);
  });

  it('is accepted, with the key that was there before as the second', () => {
    const content = '-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n';
    const environment = Object.fromEntries(
      values.map(([name = '', value]) => [name, name.endsWith('_FILE') ? files.write(name, content) : value]),
    );
    const root = files.write('root', randomBytes(48).toString('base64'));
    const complaints: string[] = [];
    const keys = readKeys(
      { ...environment, VAULT_ROOT_SECRET_FILE: root },
      { deadlineMs: 3000, concurrency: 16 },
      (name) => complaints.push(name),
    );
    expect(complaints).toEqual([]);
    expect(keys).toMatchObject({
      primary: { kind: 'vault', key: { reference: 'vault:main', keyName: 'portcullis' } },
      secondary: { kind: 'local', reference: 'local-1' },
    });
  });
});

it('tests keys against the server that is deployed, and against OpenBao', () => {
  const tested = compose('docker-compose.key-tests.yml').services;
  const deployed = compose('docker-compose.yml').services;
  expect(tested['hashicorp-vault']?.image).toBe(deployed['hashicorp-vault']?.image);
  expect(Object.keys(tested)).toEqual(['hashicorp-vault', 'openbao']);
});

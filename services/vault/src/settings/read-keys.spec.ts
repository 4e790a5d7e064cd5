import { randomBytes } from 'node:crypto';
import { CredentialFiles } from '../../test/support/transit-installation.js';
import { environmentFault, withCredentials } from './environment.js';
import { readKeys } from './read-keys.js';

const files = new CredentialFiles();
afterAll(() => files.clean());

const REMOTE = { deadlineMs: 2500, concurrency: 8 };
const ARN = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const GCP = 'projects/p/locations/eu/keyRings/r/cryptoKeys/k';
const pem = '-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n';
const secret = (name: string) => files.write(name, randomBytes(48).toString('base64'));

const root = { VAULT_ROOT_SECRET_FILE: secret('root') };
const approle = {
  VAULT_KEK_ID: 'vault:main',
  VAULT_TRANSIT_ADDRESS: 'https://vault.example.com:8200',
  VAULT_TRANSIT_LOGIN: 'approle',
  VAULT_TRANSIT_ROLE_ID_FILE: files.write('role-id', 'r'),
  VAULT_TRANSIT_SECRET_ID_FILE: files.write('secret-id', 's'),
};
const aws = { VAULT_KEK_ID: 'aws:main', VAULT_AWS_KEY_ARN: ARN };
const gcp = { VAULT_KEK_ID: 'gcp:main', VAULT_GCP_KEY: GCP };

type Environment = Record<string, string | undefined>;
function read(environment: Environment) {
  const complaints: Record<string, string> = {};
  const keys = readKeys(environment, REMOTE, (variable, message) => (complaints[variable] = message));
  return { keys, complaints };
}
const accepted = (environment: Environment) => {
  const { keys, complaints } = read(environment);
  expect(complaints).toEqual({});
  if (keys === null) throw new Error('refused without a complaint');
  return keys;
};

describe('the keys of a configuration', () => {
  it('are a transit key with AppRole', () => {
    expect(accepted(approle)).toMatchObject({
      primary: {
        kind: 'vault',
        key: {
          reference: 'vault:main',
          mount: 'transit',
          keyName: 'main',
          server: { address: 'https://vault.example.com:8200', namespace: null, ca: null },
          login: { method: 'approle', mount: 'approle', roleIdFile: approle.VAULT_TRANSIT_ROLE_ID_FILE },
          limits: { ...REMOTE, attempts: 3 },
        },
      },
      secondary: null,
    });
  });

  it('are a transit key with all there is to say of it', () => {
    const { primary } = accepted({
      VAULT_KEK_ID: 'vault:eu',
      VAULT_TRANSIT_ADDRESS: 'http://127.0.0.1:8200/',
      VAULT_TRANSIT_NAMESPACE: 'team/eu',
      VAULT_TRANSIT_MOUNT: 'keys/transit',
      VAULT_TRANSIT_KEY: 'portcullis',
      VAULT_TRANSIT_CA_FILE: files.write('ca.pem', pem),
      VAULT_TRANSIT_LOGIN: 'kubernetes',
      VAULT_TRANSIT_LOGIN_MOUNT: 'kubernetes-eu',
      VAULT_TRANSIT_ROLE: 'vault',
      VAULT_TRANSIT_JWT_FILE: files.write('jwt', 'j'),
    });
    expect(primary).toMatchObject({
      key: {
        mount: 'keys/transit',
        keyName: 'portcullis',
        server: { address: 'http://127.0.0.1:8200', namespace: 'team/eu', ca: pem },
        login: { method: 'kubernetes', mount: 'kubernetes-eu', role: 'vault' },
      },
    });
  });

  it('are a key in AWS or Google Cloud', () => {
    expect(accepted(aws).primary).toMatchObject({
      kind: 'aws',
      key: {
        keyArn: ARN,
        access: {
          region: 'eu-central-1',
          endpoint: 'https://kms.eu-central-1.amazonaws.com',
          credentialsFile: null,
        },
      },
    });
    expect(accepted(gcp).primary).toMatchObject({
      kind: 'gcp',
      key: { keyName: GCP, access: { endpoint: null, ca: null, credentialsFile: null } },
    });
  });

  it('are of two kinds while one is left for the other', () => {
    const { primary, secondary } = accepted({ ...approle, ...root, VAULT_SECONDARY_KEK_ID: 'local-1' });
    expect([primary.kind, secondary?.kind]).toEqual(['vault', 'local']);
    const back = accepted({
      ...root,
      VAULT_SECONDARY_KEK_ID: 'gcp:main',
      VAULT_SECONDARY_GCP_KEY: GCP,
    });
    expect([back.primary.kind, back.secondary?.kind]).toEqual(['local', 'gcp']);
  });

  it('are two of one kind, each with variables of its own', () => {
    const { primary, secondary } = accepted({
      ...aws,
      VAULT_SECONDARY_KEK_ID: 'aws:before',
      VAULT_SECONDARY_AWS_KEY_ARN: ARN.replace('eu-central-1', 'eu-west-1'),
    });
    expect(primary).toMatchObject({ key: { access: { region: 'eu-central-1' } } });
    expect(secondary).toMatchObject({ key: { access: { region: 'eu-west-1' } } });
    expect(read({ ...aws, VAULT_SECONDARY_KEK_ID: 'aws:before' }).complaints).toHaveProperty(
      'VAULT_SECONDARY_AWS_KEY_ARN',
    );
  });

  it.each<[string, string, Environment]>([
    ['an id of no kind', 'VAULT_KEK_ID', { VAULT_KEK_ID: 'azure:main' }],
    ['no address', 'VAULT_TRANSIT_ADDRESS', { ...approle, VAULT_TRANSIT_ADDRESS: undefined }],
    [
      'plain HTTP to another machine',
      'VAULT_TRANSIT_ADDRESS',
      { ...approle, VAULT_TRANSIT_ADDRESS: 'http://10.0.0.5:8200' },
    ],
    [
      'a look-alike of loopback',
      'VAULT_TRANSIT_ADDRESS',
      { ...approle, VAULT_TRANSIT_ADDRESS: 'http://127.0.0.1.example.com' },
    ],
    [
      'an address with a user',
      'VAULT_TRANSIT_ADDRESS',
      { ...approle, VAULT_TRANSIT_ADDRESS: 'https://a:b@vault' },
    ],
    ['no login', 'VAULT_TRANSIT_LOGIN', { ...approle, VAULT_TRANSIT_LOGIN: undefined }],
    ['another login', 'VAULT_TRANSIT_LOGIN', { ...approle, VAULT_TRANSIT_LOGIN: 'userpass' }],
    [
      'a missing secret id',
      'VAULT_TRANSIT_SECRET_ID_FILE',
      { ...approle, VAULT_TRANSIT_SECRET_ID_FILE: '/nowhere' },
    ],
    ['a name that leaves its path', 'VAULT_TRANSIT_KEY', { ...approle, VAULT_TRANSIT_KEY: '../sys/seal' }],
    [
      'a mount that leaves its path',
      'VAULT_TRANSIT_MOUNT',
      { ...approle, VAULT_TRANSIT_MOUNT: 'transit/../sys' },
    ],
    [
      'authorities without a certificate',
      'VAULT_TRANSIT_CA_FILE',
      { ...approle, VAULT_TRANSIT_CA_FILE: secret('no-ca') },
    ],
    ['an alias', 'VAULT_AWS_KEY_ARN', { ...aws, VAULT_AWS_KEY_ARN: 'alias/portcullis' }],
    [
      'plain HTTP to an endpoint',
      'VAULT_AWS_ENDPOINT',
      { ...aws, VAULT_AWS_ENDPOINT: 'http://kms.example.com' },
    ],
    ['a version of a key', 'VAULT_GCP_KEY', { ...gcp, VAULT_GCP_KEY: `${GCP}/cryptoKeyVersions/1` }],
    ['an endpoint with a scheme', 'VAULT_GCP_ENDPOINT', { ...gcp, VAULT_GCP_ENDPOINT: 'http://localhost:1' }],
    ['the same key twice', 'VAULT_SECONDARY_KEK_ID', { ...gcp, VAULT_SECONDARY_KEK_ID: 'gcp:main' }],
    ['a second key without its id', 'VAULT_SECONDARY_KEK_ID', { ...root, VAULT_SECONDARY_AWS_KEY_ARN: ARN }],
    [
      'a local second key without a root',
      'VAULT_ROOT_SECRET_FILE',
      { ...gcp, VAULT_SECONDARY_KEK_ID: 'local-1' },
    ],
  ])('are refused with %s, naming %s', (_what, variable, environment) => {
    const { keys, complaints } = read(environment);
    expect(keys).toBeNull();
    expect(complaints).toHaveProperty(variable);
  });

  it('may come as credentials of systemd, unless something else is given', () => {
    const directory = '/run/credentials/vault';
    expect(withCredentials({ CREDENTIALS_DIRECTORY: directory })).toEqual({
      CREDENTIALS_DIRECTORY: directory,
    });
    const path = files.write('vault-transit-secret-id', 's');
    const given = { CREDENTIALS_DIRECTORY: path.replace(/\/[^/]+$/, '') };
    expect(withCredentials(given)).toMatchObject({ VAULT_TRANSIT_SECRET_ID_FILE: path });
    const own = { ...given, VAULT_TRANSIT_SECRET_ID_FILE: '/own' };
    expect(withCredentials(own)).toEqual(own);
  });
});

describe('variables that would give keys or tokens away', () => {
  const fault = (keys: Environment, environment: Environment) =>
    environmentFault(environment, accepted(keys))?.[0] ?? null;

  it.each([
    [approle, { NODE_TLS_REJECT_UNAUTHORIZED: '0' }, 'NODE_TLS_REJECT_UNAUTHORIZED'],
    [approle, { NODE_TLS_REJECT_UNAUTHORIZED: '1' }, null],
    [approle, { NODE_DEBUG: 'http' }, 'NODE_DEBUG'],
    [gcp, { GRPC_TRACE: 'all' }, 'GRPC_TRACE'],
    [aws, { AWS_SECRET_ACCESS_KEY: 'x' }, 'AWS_SECRET_ACCESS_KEY'],
    [{ ...aws, VAULT_AWS_CREDENTIALS_FILE: secret('aws') }, { AWS_SECRET_ACCESS_KEY: 'x' }, null],
    [gcp, { AWS_SECRET_ACCESS_KEY: 'x' }, null],
    [root, { NODE_DEBUG: 'http', NODE_TLS_REJECT_UNAUTHORIZED: '0' }, null],
  ])('%# are refused where they do', (keys, environment, variable) => {
    expect(fault(keys, environment)).toBe(variable);
  });
});

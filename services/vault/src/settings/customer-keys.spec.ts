import { newId } from '@portcullis/contracts';
import { CredentialFiles } from '../../test/support/transit-installation.js';
import { environmentFault } from './environment.js';
import { readKeys } from './read-keys.js';

const files = new CredentialFiles();
afterAll(() => files.clean());

const REMOTE = { deadlineMs: 5000, concurrency: 8 };
const ARN = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const arn = (end: string) => ARN.slice(0, -end.length) + end;
const GCP = 'projects/p/locations/eu/keyRings/r/cryptoKeys/k';
const ORG = newId();

const aws = (changes: object = {}) => ({
  org: ORG,
  key: 'aws:acme',
  settings: { AWS_KEY_ARN: ARN },
  ...changes,
});
const transit = (settings: object = {}) => ({
  TRANSIT_ADDRESS: 'https://vault.acme.example:8200',
  TRANSIT_LOGIN: 'token',
  TRANSIT_TOKEN_FILE: files.write('token', 't'),
  ...settings,
});

function read(content: string | undefined, changes: Record<string, string> = {}) {
  const complaints: [string, string][] = [];
  const environment = {
    VAULT_KEK_ID: 'gcp:main',
    VAULT_GCP_KEY: GCP,
    ...(content === undefined ? {} : { VAULT_CUSTOMER_KEYS_FILE: files.write('customers.json', content) }),
    ...changes,
  };
  const keys = readKeys(environment, REMOTE, (...complaint) => complaints.push(complaint));
  return { keys, complaints };
}

describe('the keys of customers', () => {
  it('are none without a file', () => {
    expect(read(undefined).keys?.customers).toEqual([]);
    expect(read('[]').keys?.customers).toEqual([]);
  });

  it('are of three kinds, with settings as the environment has them and less patience', () => {
    const [second, third] = [newId(), newId()];
    const { keys, complaints } = read(
      JSON.stringify([
        aws(),
        { org: second, key: 'vault:umbrella', settings: transit({ TRANSIT_KEY: 'p' }), seals: false },
        { org: third, key: 'gcp:hooli', settings: { GCP_KEY: `${GCP}2` } },
      ]),
    );
    expect(complaints).toEqual([]);
    expect(keys?.customers).toMatchObject([
      { org: ORG, seals: true, key: { kind: 'aws', key: { reference: 'aws:acme', keyArn: ARN } } },
      { org: second, seals: false, key: { kind: 'vault', key: { keyName: 'p' } } },
      { org: third, seals: true, key: { kind: 'gcp', key: { keyName: `${GCP}2` } } },
    ]);
    const limits = { deadlineMs: 2500, concurrency: 8, circuit: { failures: 2 } };
    for (const { key } of keys?.customers ?? []) expect(key).toMatchObject({ key: { limits } });
    expect(keys?.primary).toMatchObject({ key: { limits: { deadlineMs: 5000, circuit: { failures: 5 } } } });
  });

  it('may be two of one organisation, of which one seals', () => {
    const leaving = aws({ key: 'aws:old', seals: false, settings: { AWS_KEY_ARN: arn('c') } });
    expect(read(JSON.stringify([aws(), leaving])).keys?.customers).toHaveLength(2);
  });

  const other = newId();
  it.each<[string, unknown, string]>([
    ['what is no list', aws(), 'must hold a JSON array'],
    ['an entry that is none', ['aws:acme'], 'entry 1: '],
    ['no organisation', [aws({ org: undefined })], 'entry 1: org '],
    ['a second entry of no organisation', [aws(), aws({ org: 'acme' })], 'entry 2: org '],
    ['a field that is none', [aws({ retiring: true })], 'entry 1: '],
    ['a local key', [aws({ key: 'acme' })], `entry 1 (${ORG}): key must be vault:NAME`],
    ['a root secret', [aws({ settings: { ROOT_SECRET: 'x' } })], 'settings.ROOT_SECRET is no setting'],
    ['a setting of another kind', [aws({ settings: { GCP_KEY: GCP } })], 'settings.GCP_KEY is no setting'],
    ['a prefix', [aws({ settings: { VAULT_AWS_KEY_ARN: ARN } })], 'settings.VAULT_AWS_KEY_ARN is no setting'],
    ['no ARN', [aws({ settings: {} })], `entry 1 (${ORG}): settings.AWS_KEY_ARN is required`],
    [
      'a missing token',
      [{ org: ORG, key: 'vault:acme', settings: transit({ TRANSIT_TOKEN_FILE: '/nowhere' }) }],
      'settings.TRANSIT_TOKEN_FILE can not be read',
    ],
    [
      'one name for two organisations',
      [aws(), aws({ org: other, settings: { AWS_KEY_ARN: arn('c') } })],
      'two keys are called "aws:acme"',
    ],
    [
      'one key for two organisations',
      [aws(), aws({ org: other, key: 'aws:umbrella' })],
      '"aws:acme" and "aws:umbrella" are the same key',
    ],
    [
      "the installation's key",
      [{ org: ORG, key: 'gcp:acme', settings: { GCP_KEY: GCP } }],
      '"gcp:main" and "gcp:acme" are the same key',
    ],
    [
      "the installation's name",
      [{ org: ORG, key: 'gcp:main', settings: { GCP_KEY: `${GCP}2` } }],
      'two keys are called "gcp:main"',
    ],
    [
      'two that seal for one organisation',
      [aws(), aws({ key: 'aws:next', settings: { AWS_KEY_ARN: arn('c') } })],
      `two keys seal for ${ORG}`,
    ],
  ])('are refused with %s, naming entry and field', (_what, content, message) => {
    const { keys, complaints } = read(JSON.stringify(content));
    expect(keys).toBeNull();
    expect(complaints).toContainEqual(['VAULT_CUSTOMER_KEYS_FILE', expect.stringContaining(message)]);
  });

  it('are protected from variables that would give them away, as the installation’s are', () => {
    const { keys } = read(JSON.stringify([aws()]));
    expect(environmentFault({ AWS_SECRET_ACCESS_KEY: 'x' }, keys!)?.[0]).toBe('AWS_SECRET_ACCESS_KEY');
    expect(environmentFault({ AWS_SECRET_ACCESS_KEY: 'x' }, { ...keys!, customers: [] })).toBeNull();
  });

  it('are refused when the file is not there or is no JSON, without quoting it', () => {
    expect(read(undefined, { VAULT_CUSTOMER_KEYS_FILE: '/nowhere' }).complaints).toEqual([
      ['VAULT_CUSTOMER_KEYS_FILE', expect.stringContaining('can not be read')],
    ]);
    expect(read('[hunter2').complaints).toEqual([
      ['VAULT_CUSTOMER_KEYS_FILE', expect.not.stringContaining('hunter2')],
    ]);
  });
});

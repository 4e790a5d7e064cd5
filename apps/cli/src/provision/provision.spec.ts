import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fromSeed } from '@nats-io/nkeys';
import {
  Keyring,
  openTrustBundle,
  serviceIdentitySchema,
  signedTrustBundleSchema,
  type ServiceIdentity,
} from '@portcullis/contracts';
import { natsServerBinary } from '../nats/nats-server-binary.js';
import { SERVICES } from '../setup/trust.js';
import { resolveOwner } from './owner.js';
import { describeProvisioned } from './provision-command.js';
import { provision, type Provisioned } from './provision.js';

const owner = resolveOwner(undefined, { uid: process.getuid!(), gid: process.getgid!() });
const HOST = 'mcp.example.com';
const MOUNTED_BY_NONE = ['operator', 'compose.env'];

let root: string;
let made: Provisioned;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'portcullis-provision-'));
  const before = process.umask(0);
  made = provision({ directory: join(root, 'made'), host: HOST, owner });
  process.umask(before);
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

const entriesOf = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((entry) => join(directory, entry));

const filesOf = (directory: string): string[] =>
  entriesOf(directory).filter((path) => lstatSync(path).isFile());

const readIn = (directory: string, ...path: string[]): string =>
  readFileSync(join(directory, ...path), 'utf8').trim();
const read = (...path: string[]): string => readIn(made.directory, ...path);
const identityIn = (directory: string, service: string): ServiceIdentity =>
  serviceIdentitySchema.parse(JSON.parse(readIn(directory, service, 'identity.json')));

it('makes directories 0700 and files 0600, whatever the umask', () => {
  for (const path of [made.directory, ...entriesOf(made.directory)]) {
    const found = lstatSync(path);
    expect([path, (found.mode & 0o777).toString(8)]).toEqual([path, found.isDirectory() ? '700' : '600']);
  }
});

it('gives the containers what they mount, and keeps the rest', () => {
  for (const path of entriesOf(made.directory)) {
    const part = relative(made.directory, path).split('/')[0]!;
    const whose = MOUNTED_BY_NONE.includes(part) ? process.getuid!() : owner.uid;
    expect([path, lstatSync(path).uid]).toEqual([path, whose]);
  }
  expect(lstatSync(made.directory).uid).toBe(process.getuid!());
});

/** Every secret value with the parts that may hold it. */
function secretsIn(directory: string): [string, string[]][] {
  const read = (...path: string[]): string => readIn(directory, ...path);
  const eventStore = read('kurrentdb', 'admin-password');
  const passwordIn = (file: string): string => new URL(read(file)).password;
  return [
    ...SERVICES.flatMap((service) => [
      [read(service, 'nats.seed'), [service]] as [string, string[]],
      ...identityIn(directory, service).keys.map((key): [string, string[]] => [key.privateKey, [service]]),
    ]),
    ...['control', 'vault', 'audit'].flatMap((service): [string, string[]][] => [
      [passwordIn(`${service}/database-url`), [service]],
      [passwordIn(`${service}/database-job-url`), [service]],
      [passwordIn(`${service}-migration/database-owner-url`), [`${service}-migration`]],
    ]),
    [read('vault', 'root-secret'), ['vault']],
    [read('policy', 'client-key'), ['policy']],
    [eventStore, ['audit', 'kurrentdb', 'policy']],
    [read('kurrentdb', 'ops-password'), ['kurrentdb']],
    [read('postgres', 'superuser-password'), ['postgres']],
    [read('operator', 'bootstrap-token'), ['operator']],
    [JSON.parse(read('operator', 'installation-root.json')).privateKey as string, ['operator']],
    [read('operator', 'tool-nats.seed'), ['operator']],
  ];
}

it('puts each secret where its one part mounts it, and nowhere else', () => {
  const files = filesOf(made.directory).map((path) => ({ path, text: readFileSync(path, 'utf8') }));
  const all = secretsIn(made.directory);
  expect(new Set(all.map(([value]) => value)).size).toBe(all.length);
  for (const [value, parts] of all) {
    expect(value.length).toBeGreaterThanOrEqual(43);
    const holders = files.filter(({ text }) => text.includes(value));
    const found = new Set(holders.map(({ path }) => relative(made.directory, path).split('/')[0]));
    expect([...found].sort()).toEqual(parts);
  }
});

it('prints no secret, and writes none for docker compose', () => {
  const shown = `${describeProvisioned(made)}${read('compose.env')}`;
  for (const [value] of secretsIn(made.directory)) expect(shown).not.toContain(value);
  expect(shown).toContain(`PORTCULLIS_ROOT_KEY='${made.rootKey}'`);
});

it('makes identities that peers know by the bundle which the pinned root has signed', () => {
  for (const service of SERVICES) {
    const signed = signedTrustBundleSchema.parse(JSON.parse(read(service, 'trust-bundle.json')));
    const bundle = openTrustBundle(signed, [made.rootKey], new Date());
    expect(() => new Keyring(identityIn(made.directory, service), bundle, () => new Date())).not.toThrow();
  }
});

it('gives control the hash of the bootstrap token', () => {
  const hash = createHash('sha256').update(read('operator', 'bootstrap-token')).digest('base64url');
  expect(read('control', 'bootstrap-token.sha256')).toBe(hash);
});

it('configures nats-server for exactly the users whose seeds it made, reachable in its network', () => {
  const seeds = [...SERVICES.map((service) => `${service}/nats.seed`), 'operator/tool-nats.seed'];
  const keys = seeds.map((file) => fromSeed(Buffer.from(read(file))).getPublicKey());
  const config = JSON.parse(read('nats', 'nats.conf')) as {
    listen: string;
    authorization: { users: { nkey: string; permissions: { publish: { allow: string[] } } }[] };
  };
  expect(config.authorization.users.map((user) => user.nkey).sort()).toEqual(keys.sort());
  for (const { permissions } of config.authorization.users)
    expect(permissions.publish.allow).not.toContain('>');
  expect(config.listen).toBe('0.0.0.0:4222');
  const binary = natsServerBinary({ named: process.env['NATS_SERVER_BIN'], path: process.env['PATH'] ?? '' });
  const here = join(root, 'nats.conf');
  writeFileSync(here, read('nats', 'nats.conf').replaceAll('/run/portcullis', join(made.directory, 'nats')));
  const checked = spawnSync(binary, ['-t', '--config', here]);
  expect([checked.status, String(checked.stderr)]).toEqual([0, expect.stringContaining('is valid')]);
});

it('never overwrites: a directory with anything in it is refused and left as it is', () => {
  const before = filesOf(made.directory).map((path) => readFileSync(path, 'utf8'));
  expect(() => provision({ directory: made.directory, host: HOST, owner })).toThrow('is not empty');
  expect(filesOf(made.directory).map((path) => readFileSync(path, 'utf8'))).toEqual(before);
  const foreign = join(root, 'foreign');
  mkdirSync(foreign);
  writeFileSync(join(foreign, 'thesis.doc'), '');
  expect(() => provision({ directory: foreign, host: HOST, owner })).toThrow('is not empty');
  expect(readdirSync(foreign)).toEqual(['thesis.doc']);
});

it('leaves nothing behind when it fails half-way', () => {
  const directory = join(root, "ada's");
  expect(() => provision({ directory, host: HOST, owner })).toThrow('quote');
  expect(readdirSync(root).filter((name) => name.startsWith('ada'))).toEqual([]);
});

it('makes other secrets each time', () => {
  const other = provision({ directory: join(root, 'another', 'place'), host: HOST, owner });
  const first = new Set(secretsIn(made.directory).map(([value]) => value));
  const shared = secretsIn(other.directory).filter(([value]) => first.has(value));
  expect(shared).toEqual([]);
});

describe('a host that is not a DNS name is refused', () => {
  it.each([
    'https://mcp.example.com',
    'mcp.example.com:443',
    'MCP.example.com',
    '203.0.113.7',
    '',
    '-a.b',
    "a'b",
  ])('%s', (host) => {
    expect(() => provision({ directory: join(root, 'no'), host, owner })).toThrow('is not a host name');
  });
});

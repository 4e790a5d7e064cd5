import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifies } from '../../../../../tools/verifies.js';
import { natsConfig } from '../../nats/nats-config.js';
import { ensureNatsUsers } from '../../nats/nats-users.js';
import { dataDirectoryAt, openDataDirectory, type DataDirectory } from '../../setup/data-directory.js';
import { completeInstallation, installationId } from '../../setup/installation.js';
import { describeForPeople, reportOf, type DoctorReport } from '../describe-findings.js';
import { runChecks } from '../run-checks.js';
import { embeddedChecks } from './embedded-checks.js';
import { lookAtSetting, type Surroundings } from './setting.js';

const MIB = 1024 * 1024;
const YEAR_MS = 365 * 86_400_000;
const CANARY = 'C4naryC4naryC4naryC4naryC4naryC4naryC4nary0';

const WELL: Surroundings = {
  now: () => new Date(),
  freeAt: async () => 5_000 * MIB,
  variables: [],
  natsServer: () => join(root, 'nats-server'),
  command: 'portcullis',
};

let root: string;
let pristine: string;
let data: DataDirectory;
let other: DataDirectory;
const servers: Server[] = [];

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'portcullis-doctor-'));
  writeFileSync(join(root, 'nats-server'), '#!/bin/sh\necho nats-server: v2.12.8\n', { mode: 0o700 });
  pristine = make('pristine').root;
  other = make('other');
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

beforeEach(() => {
  data = dataDirectoryAt(join(root, 'data'));
  execFileSync('cp', ['-a', pristine, data.root]);
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
  rmSync(data.root, { recursive: true, force: true });
});

/** As `portcullis up` leaves it, but for what the stores make. */
function make(name: string): DataDirectory {
  const made = openDataDirectory(join(root, name));
  completeInstallation(made, installationId(made));
  writeFileSync(made.file('nats', 'nats.conf'), natsConfig(4222, ensureNatsUsers(made)), { mode: 0o600 });
  return made;
}

async function examine(surroundings: Partial<Surroundings> = {}): Promise<DoctorReport> {
  const setting = await lookAtSetting(data, installationId(data), { ...WELL, ...surroundings });
  return reportOf(await runChecks(embeddedChecks(setting, process.getuid!())));
}

const faultsIn = ({ findings }: DoctorReport): string[] =>
  findings
    .filter(({ status }) => status === 'fail' || status === 'warn')
    .map(({ check, status }) => `${status} ${check}`);

const edit = (file: string, change: (text: string) => string): void =>
  writeFileSync(file, change(readFileSync(file, 'utf8')), { mode: 0o600 });

async function occupy(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  servers.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  return (server.address() as AddressInfo).port;
}

const writePorts = (ports: object): void =>
  writeFileSync(data.file('run', 'ports.json'), JSON.stringify(ports), { mode: 0o600 });

it('finds nothing wrong with a directory that nobody has touched', async () => {
  const report = await examine();
  expect(faultsIn(report)).toEqual([]);
  expect(report.ok).toBe(true);
});

type Case = [string, () => unknown, string[], Partial<Surroundings>?];
const CASES: Case[] = [
  [
    'a secret that others may read',
    () => chmodSync(data.file('secrets', 'vault-root'), 0o644),
    ['fail permissions'],
  ],
  ['a folder that others may enter', () => chmodSync(data.secrets, 0o750), ['fail permissions']],
  [
    'a link in the place of a log',
    () => symlinkSync('/etc/hostname', join(data.logs, 'gateway.log')),
    ['fail permissions'],
  ],
  ['a secret that was removed', () => rmSync(data.file('secrets', 'vault-root')), ['fail secrets']],
  [
    'a secret that was cut off',
    () => edit(data.file('secrets', 'vault-app-password'), (text) => text.slice(9)),
    ['fail secrets'],
  ],
  [
    'a secret that is a pipe, which would keep whoever reads it',
    () => {
      rmSync(data.file('secrets', 'vault-root'));
      execFileSync('mkfifo', ['-m', '600', data.file('secrets', 'vault-root')]);
    },
    ['fail permissions', 'fail secrets'],
  ],
  [
    'a digest of another token',
    () => edit(data.file('secrets', 'bootstrap-token.sha256'), () => CANARY),
    ['fail secrets'],
  ],
  [
    'an identity of another installation',
    () => cpSync(other.file('keys', 'vault.json'), data.file('keys', 'vault.json')),
    ['fail trust'],
  ],
  [
    'the identity of another service',
    () => cpSync(data.file('keys', 'audit.json'), data.file('keys', 'vault.json')),
    ['fail trust'],
  ],
  [
    'a private key that does not belong to its public half',
    () =>
      edit(data.file('keys', 'policy.json'), (text) => text.replace(/("privateKey":")[^"]+/, `$1${CANARY}`)),
    ['fail trust'],
  ],
  [
    'a bundle of another root',
    () => cpSync(other.file('keys', 'trust-bundle.json'), data.file('keys', 'trust-bundle.json')),
    Array<string>(5).fill('fail trust'),
  ],
  [
    'an identity that is not JSON',
    () => edit(data.file('keys', 'gateway.json'), () => `{"${CANARY}`),
    ['fail trust'],
  ],
  [
    'a root that was moved away',
    () => renameSync(data.file('keys', 'installation-root.json'), join(root, 'moved')),
    ['fail trust'],
  ],
  [
    'keys that end within a month',
    () => undefined,
    ['warn trust'],
    { now: () => new Date(Date.now() + 5 * YEAR_MS - 5 * 86_400_000) },
  ],
  [
    'keys that have ended',
    () => undefined,
    Array<string>(5).fill('fail trust'),
    { now: () => new Date(Date.now() + 6 * YEAR_MS) },
  ],
  [
    'a NATS seed of another installation',
    () => cpSync(other.file('nats', 'audit.seed'), data.file('nats', 'audit.seed')),
    ['fail nats-users'],
  ],
  [
    'a NATS user that may do more',
    () => edit(data.file('nats', 'nats.conf'), (text) => text.replace('"policy.v1.authorize"', '">"')),
    ['fail nats-users'],
  ],
  [
    'a NATS configuration without users',
    () => edit(data.file('nats', 'nats.conf'), () => '{}'),
    ['fail nats-users'],
  ],
  ['a port that a stranger has taken', async () => writePorts({ mcp: await occupy() }), ['fail ports']],
  ['a port that the next start will move', async () => writePorts({ nats: await occupy() }), ['warn ports']],
  [
    'a registry of processes that are gone',
    () =>
      writeFileSync(data.file('run', 'processes.json'), '[{"name":"nats","pid":4194303,"startTime":1}]', {
        mode: 0o600,
      }),
    ['warn leftovers'],
  ],
  ['a disk that is nearly full', () => undefined, ['warn disk'], { freeAt: async () => 500 * MIB }],
  ['a full disk', () => undefined, ['fail disk'], { freeAt: async () => 0 }],
  ['a misspelt variable', () => undefined, ['warn environment'], { variables: ['PORTCULLIS_SET_GATWAY_X'] }],
  [
    'no nats-server',
    () => undefined,
    ['fail nats-server'],
    {
      natsServer: () => {
        throw new Error('There is no nats-server on this machine');
      },
    },
  ],
];

describe('names exactly', () => {
  it.each(CASES)('%s', async (_name, damage, expected, surroundings = {}) => {
    await damage();
    const report = await examine(surroundings);
    expect(faultsIn(report)).toEqual(expected);
    expect(report.ok).toBe(!expected.some((fault) => fault.startsWith('fail')));
    expect(report.findings.filter(({ status, mend }) => /fail|warn/.test(status) && !mend)).toEqual([]);
  });
});

it('never shows what is in a file of secrets, damaged or not', async () => {
  verifies('P5');
  const files = ['secrets', 'keys', 'nats'].flatMap((folder) =>
    readdirSync(join(data.root, folder)).map((name) => join(data.root, folder, name)),
  );
  const secrets = files
    .filter((file) => !/sha256|nats\.conf|bundle/.test(file))
    .flatMap((file) => readFileSync(file, 'utf8').match(/(?<="privateKey":")[\w-]{43}|^[\w-]{43,}$/g) ?? []);
  expect(secrets.length).toBeGreaterThan(25);
  const shown = async (): Promise<string> => {
    const report = await examine();
    return JSON.stringify(report) + describeForPeople(report);
  };
  const whole = await shown();
  expect(secrets.filter((secret) => whole.includes(secret))).toEqual([]);
  for (const file of files) writeFileSync(file, `${CANARY} {"${CANARY}`);
  const damaged = await shown();
  expect(damaged).toContain('fail');
  expect(damaged).not.toContain(CANARY);
});

import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveOwner } from '../../provision/owner.js';
import { provision } from '../../provision/provision.js';
import { describeForPeople, reportOf, type DoctorReport } from '../describe-findings.js';
import { runChecks } from '../run-checks.js';
import { COMPOSE_VARIABLES, provisionedChecks } from './provisioned-checks.js';
import { parseServices, readComposeEnvironment } from './setting.js';

let root: string;
let directory: string;
let other: string;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'portcullis-doctor-'));
  const owner = resolveOwner(undefined, { uid: process.getuid!(), gid: process.getgid!() });
  const make = (name: string): string =>
    provision({ directory: join(root, name), host: 'mcp.example.com', owner }).directory;
  make('pristine');
  other = make('other');
  rmSync(join(root, 'pristine/operator/installation-root.json'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

beforeEach(() => {
  directory = join(root, 'data');
  execFileSync('cp', ['-a', join(root, 'pristine'), directory]);
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

async function examine(now = new Date()): Promise<DoctorReport> {
  const variables = (await readComposeEnvironment(directory))!;
  const setting = { root: directory, variables, addresses: { services: {} }, now: () => now };
  const checks = provisionedChecks({ ...setting, freeAt: async () => 1e10 }, process.getuid!());
  return reportOf(await runChecks(checks));
}

const faultsIn = ({ findings }: DoctorReport): string[] => [
  ...new Set(
    findings
      .filter(({ status }) => status === 'fail' || status === 'warn')
      .map(({ check, status }) => `${status} ${check}`),
  ),
];

/** Written into the file that is there, whose owner and mode stay. */
const swap = (file: string): void =>
  writeFileSync(join(directory, file), readFileSync(join(other, file)), { mode: 0o600 });
const YEAR_MS = 365 * 86_400_000;

describe('names exactly', () => {
  it.each<[string, () => unknown, string[], Date?]>([
    ['nothing, if nobody has touched it', () => undefined, []],
    ['a root key that is still there', () => swap('operator/installation-root.json'), ['warn root-key']],
    [
      'a password that others may read',
      () => chmodSync(join(directory, 'vault/database-url'), 0o644),
      ['fail permissions'],
    ],
    ['a root secret that is gone', () => rmSync(join(directory, 'vault/root-secret')), ['fail secrets']],
    [
      'a URL of the database without TLS',
      () => {
        const file = join(directory, 'audit/database-url');
        writeFileSync(file, readFileSync(file, 'utf8').replace(/\?.*/, ''));
      },
      ['fail secrets'],
    ],
    ['an identity of another installation', () => swap('policy/identity.json'), ['fail trust']],
    ['a bundle of another installation', () => swap('audit/trust-bundle.json'), ['fail trust']],
    ['a seed of another installation', () => swap('operator/tool-nats.seed'), ['fail nats-users']],
    ['a certificate of another authority', () => swap('postgres/server.crt'), ['fail certificates']],
    [
      'a misspelt variable',
      () => appendFileSync(join(directory, 'compose.env'), "PORTCULLIS_EGRES_ALLOW='x'\n"),
      ['warn compose.env'],
    ],
    [
      'what ends in some days',
      () => undefined,
      ['warn trust', 'warn certificates'],
      new Date(Date.now() + 5 * YEAR_MS - 10 * 86_400_000),
    ],
    [
      'what has ended',
      () => undefined,
      ['fail trust', 'fail certificates'],
      new Date(Date.now() + 6 * YEAR_MS),
    ],
  ])('%s', async (_, damage, expected, now = new Date()) => {
    await damage();
    const report = await examine(now);
    expect(faultsIn(report)).toEqual(expected);
    expect(report.findings.filter(({ status, mend }) => /fail|warn/.test(status) && !mend)).toEqual([]);
  });
});

it('shows no password of a URL', async () => {
  const passwords = ['control', 'vault', 'audit'].map(
    (service) => new URL(readFileSync(join(directory, service, 'database-url'), 'utf8')).password,
  );
  const report = await examine();
  const shown = JSON.stringify(report) + describeForPeople(report);
  expect(passwords.filter((password) => shown.includes(password))).toEqual([]);
});

it('knows exactly the variables that the compose file reads', () => {
  const file = join(import.meta.dirname, '../../../../../infra/docker-compose.yml');
  const read = readFileSync(file, 'utf8').matchAll(/\$\{(PORTCULLIS_\w+)/g);
  expect([...new Set([...read].map(([, name]) => name!))].sort()).toEqual([...COMPOSE_VARIABLES].sort());
});

describe('an address of a service', () => {
  it('is a name and a base URL', () => {
    expect(parseServices(['gateway=http://127.0.0.1:8080/'])).toEqual({ gateway: 'http://127.0.0.1:8080' });
  });

  it.each(['gateway', 'gateway=8080', 'gateway=ftp://x', '=http://x'])('%s is refused', (text) => {
    expect(() => parseServices([text])).toThrow('write name=http://host:port');
  });
});

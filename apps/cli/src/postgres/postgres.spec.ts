import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { eventually } from '../../test/eventually.js';
import { freePorts } from '../processes/free-ports.js';
import { Supervisor, type SupervisorEvent } from '../processes/supervisor.js';
import { openDataDirectory, type DataDirectory } from '../setup/data-directory.js';
import { completeInstallation, installationId } from '../setup/installation.js';
import { readSecret } from '../setup/secrets.js';
import { postgresPart } from './postgres-part.js';
import { databaseUrlFile, ensureServiceDatabases } from './service-databases.js';

let root: string;
let data: DataDirectory;
let supervisor: Supervisor;
let port: number;
const events: SupervisorEvent[] = [];

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'portcullis-cli-pg-'));
  data = openDataDirectory(join(root, 'data'));
  completeInstallation(data, installationId(data));
  const options = {
    logDirectory: data.logs,
    registryFile: data.file('run', 'processes.json'),
    instanceId: root,
  };
  supervisor = new Supervisor({ ...options, onEvent: (event) => events.push(event) });
  [port] = (await freePorts(1)) as [number];
  // What initdb leaves when it is killed: a version file and a few directories.
  mkdirSync(join(data.postgres, 'base'), { recursive: true, mode: 0o700 });
  writeFileSync(join(data.postgres, 'PG_VERSION'), '17\n');
  const superuserPassword = readSecret(data, 'postgres-superuser');
  await supervisor.start(postgresPart({ directory: data.postgres, port, superuserPassword }));
  await ensureServiceDatabases(data, port);
}, 90_000);

afterAll(async () => {
  await supervisor.stop();
  rmSync(root, { recursive: true, force: true });
});

async function query(urlFile: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: readFileSync(urlFile, 'utf8') });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(sql)).rows as unknown[];
  } finally {
    await client.end();
  }
}

it('starts although an earlier set-up was killed half-way', async () => {
  await expect(query(databaseUrlFile(data, 'vault', 'app'), 'SELECT current_user AS user')).resolves.toEqual([
    { user: 'vault_app' },
  ]);
});

it('keeps its directory closed while another user runs it', () => {
  expect(statSync(data.root).mode & 0o777).toBe(0o700);
  expect(statSync(data.postgres).mode & 0o077).toBe(0);
  if (process.getuid!() === 0) expect(statSync(data.postgres).uid).not.toBe(0);
});

it('comes back with everything after SIGKILL, at the same address', async () => {
  await query(databaseUrlFile(data, 'audit', 'owner'), 'CREATE TABLE audit.t AS SELECT 42 AS answer');
  process.kill(supervisor.pids()['postgres']!, 'SIGKILL');
  await eventually(() => expect(events.map(({ kind }) => kind)).toEqual(['ended', 'restarted']), 60_000);
  await expect(query(databaseUrlFile(data, 'audit', 'owner'), 'SELECT answer FROM audit.t')).resolves.toEqual(
    [{ answer: 42 }],
  );
}, 90_000);

it('has no password in its log or its command line', () => {
  const secrets = readdirSync(data.secrets).filter(
    (name) => name.endsWith('-password') || name === 'postgres-superuser',
  );
  const exposed =
    readFileSync(join(data.logs, 'postgres.log'), 'utf8') +
    readFileSync(`/proc/${supervisor.pids()['postgres']!}/cmdline`, 'utf8');
  expect(secrets.length).toBe(10);
  for (const name of secrets) expect(exposed).not.toContain(readSecret(data, name));
});

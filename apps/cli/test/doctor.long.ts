import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { eventually } from './eventually.js';
import { faultsIn, findingOf, reportOn, skippedIn } from './run-doctor.js';
import { runUp, type RunningUp } from './run-up.js';
import { CONSEQUENCES, whileStopped } from './stopped-part.js';

let root: string;
let data: string;
let running: RunningUp;
let stranger: Server | undefined;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'portcullis-doctor-'));
  data = join(root, 'data');
  running = await runUp(data);
}, 120_000);

afterAll(async () => {
  stranger?.close();
  if (running?.process.exitCode === null) await running.end('SIGTERM');
  rmSync(root, { recursive: true, force: true });
}, 60_000);

const isWell = (): Promise<void> =>
  eventually(async () => expect(faultsIn(await reportOn(data))).toEqual([]), 90_000).then(() => undefined);

async function asOwner(service: string, sql: string): Promise<void> {
  const url = readFileSync(join(data, 'secrets', `${service}-owner-url`), 'utf8');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(sql);
  await client.end();
}

describe.each(Object.entries(CONSEQUENCES))('%s', (name, consequences) => {
  it('is named when it is stopped, with what follows from it and nothing else', async () => {
    await isWell();
    const pid = running.report.pids[name]!;
    const report = await whileStopped(pid, () => reportOn(data));
    expect(faultsIn(report)).toEqual([`fail ${name}`]);
    expect(findingOf(report, name)).toMatchObject({ mend: `kill -CONT ${pid}` });
    expect(skippedIn(report).filter((check) => !consequences.includes(check))).toEqual([]);
  }, 240_000);
});

describe('the database', () => {
  it.each([
    [
      'has a migration of a newer version',
      `INSERT INTO vault.schema_migrations (timestamp, name) VALUES (9999999999999, 'FromTheFuture9999999999999')`,
      `DELETE FROM vault.schema_migrations WHERE timestamp = 9999999999999`,
      'FromTheFuture9999999999999, which this version does not know',
    ],
    [
      'has a tenant table without forced row-level security',
      'ALTER TABLE vault.secrets NO FORCE ROW LEVEL SECURITY',
      'ALTER TABLE vault.secrets FORCE ROW LEVEL SECURITY',
      'secrets: row-level security is not forced',
    ],
  ])(
    '%s',
    async (_, damage, mend, reason) => {
      await isWell();
      await asOwner('vault', damage);
      try {
        const report = await reportOn(data);
        expect(faultsIn(report)).toEqual(['fail schema-vault']);
        expect(findingOf(report, 'schema-vault').reason).toContain(reason);
      } finally {
        await asOwner('vault', mend);
      }
    },
    240_000,
  );
});

describe('a supervisor', () => {
  it('is named when it is stopped', async () => {
    await isWell();
    const pid = running.report.pids['portcullis']!;
    const report = await whileStopped(pid, () => reportOn(data));
    expect(faultsIn(report)).toEqual(['fail supervisor']);
    expect(findingOf(report, 'supervisor')).toMatchObject({ mend: `kill -CONT ${pid}` });
  }, 240_000);

  it('that was killed leaves processes, which are named; so is a stranger at a port that the next start needs', async () => {
    const { port } = new URL(running.report.mcp);
    await running.end('SIGKILL');
    await eventually(() => occupy(Number(port)), 30_000);
    const report = await reportOn(data);
    expect(new Set(faultsIn(report))).toEqual(new Set(['warn leftovers', 'fail ports']));
    expect(findingOf(report, 'leftovers').reason).toMatch(/nats-server \(\d+\)|postgres \(\d+\)/);
    stranger!.close();
    running = await runUp(data);
    await isWell();
  }, 240_000);
});

/** The gateway gives its port up a moment after its supervisor has gone. */
const occupy = (port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    stranger = createServer().once('error', reject);
    stranger.listen(port, '127.0.0.1', () => resolve());
  });

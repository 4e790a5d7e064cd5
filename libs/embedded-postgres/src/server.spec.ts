import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { startPostgres, type RunningPostgres } from './server.js';
import { createServiceDatabase, type ServiceDatabase } from './service-database.js';

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function query(url: string, sql: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await client.query(sql);
  } finally {
    await client.end();
  }
}

describe('embedded PostgreSQL', () => {
  // mkdtemp makes it 0700 and root's: the unprivileged server has to work below it all the same.
  const base = mkdtempSync(join(tmpdir(), 'portcullis-pg-'));
  const options = { directory: join(base, 'postgres'), superuserPassword: "it's a \\ password" };
  let server: RunningPostgres;
  let database: ServiceDatabase;

  const start = async () => startPostgres({ ...options, port: await freePort() });
  const createDatabase = () =>
    createServiceDatabase({
      superuserUrl: server.superuserUrl,
      service: 'vault',
      passwords: { owner: "o'w", app: 'a@b:c/d', job: 'j' },
    });

  beforeAll(async () => {
    server = await start();
    database = await createDatabase();
  }, 90_000);

  afterAll(async () => {
    await server.stop();
    rmSync(base, { recursive: true, force: true });
  });

  it('lets the owner create tables and the runtime role create none', async () => {
    await query(database.ownerUrl, 'CREATE TABLE vault.t (a int); INSERT INTO vault.t VALUES (1)');
    await expect(query(database.appUrl, 'CREATE TABLE vault.u (a int)')).rejects.toThrow(/permission denied/);
    await expect(query(database.appUrl, 'SELECT * FROM vault.t')).rejects.toThrow(/permission denied/);
  });

  it('wants the right password', async () => {
    const url = new URL(database.appUrl);
    url.password = 'wrong';
    await expect(query(url.href, 'SELECT 1')).rejects.toThrow(/password authentication failed/);
  });

  it('recovers after SIGKILL, with everything that was committed', async () => {
    await query(database.ownerUrl, 'INSERT INTO vault.t VALUES (2)');
    server.process.kill('SIGKILL');
    server = await start();
    database = await createDatabase();
    expect((await query(database.ownerUrl, 'SELECT sum(a)::int AS sum FROM vault.t')).rows).toEqual([
      { sum: 3 },
    ]);
  }, 60_000);

  it('takes over from a server that a killed run left behind', async () => {
    const orphan = server;
    server = await start();
    expect(orphan.process.exitCode ?? orphan.process.signalCode).not.toBeNull();
    database = await createDatabase();
    expect((await query(database.ownerUrl, 'SELECT count(*)::int AS rows FROM vault.t')).rows).toEqual([
      { rows: 2 },
    ]);
  }, 60_000);
});

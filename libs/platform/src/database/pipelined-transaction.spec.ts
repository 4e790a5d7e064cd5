import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { jest } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { verifies } from '../../../../tools/verifies.js';
import pg from 'pg';
import { startPostgres, type TestPostgres } from '../testing/index.js';
import { connectDatabase } from './data-source.js';
import { organisationContext, pipelinedTransaction, type Statement } from './pipelined-transaction.js';
import { protectTenantTable } from './row-level-security.js';

let postgres: TestPostgres;
let owner: pg.Client;
let pool: DataSource;

beforeAll(async () => {
  postgres = await startPostgres();
  const database = await postgres.database('vault');
  owner = new pg.Client({ connectionString: database.ownerUrl.revealText() });
  await owner.connect();
  for (const statement of [
    'CREATE TABLE vault.things (org_id text NOT NULL, id text NOT NULL, PRIMARY KEY (org_id, id))',
    ...protectTenantTable('vault', 'things'),
    'GRANT SELECT, INSERT ON vault.things TO vault_app',
    'CREATE TABLE vault.late (org_id text UNIQUE DEFERRABLE INITIALLY DEFERRED)',
    'GRANT SELECT, INSERT ON vault.late TO vault_app',
  ]) {
    await owner.query(statement);
  }
  const url = database.appUrl;
  pool = await connectDatabase({
    url,
    schema: 'vault',
    applicationName: 'test',
    poolSize: 1,
    pipeline: true,
  });
}, 60_000);

afterAll(async () => {
  await pool.destroy();
  await owner.end();
  await postgres.stop();
});

const insert = (org: string, id: string): Statement => ({
  name: 'insert_thing',
  text: 'INSERT INTO things VALUES ($1, $2) RETURNING id',
  values: [org, id],
});
const all: Statement = { text: 'SELECT id FROM things ORDER BY id', values: [] };
const asOrg = (org: string, ...statements: Statement[]): Promise<unknown[][]> =>
  pipelinedTransaction(pool, (send) => {
    const context = organisationContext(org, { durable: true });
    return Promise.resolve({ answers: Promise.all([context, ...statements].map((it) => send(it))) });
  }).then(([, ...rows]) => rows as unknown[][]);

describe('a pipelined transaction', () => {
  it('sends what it has to say at once in one write', async () => {
    await asOrg('A', all);
    const write = jest.spyOn(Socket.prototype as Required<Duplex>, '_writev');
    try {
      await asOrg('A', all, all, all);
      expect(write).toHaveBeenCalledTimes(1);
    } finally {
      write.mockRestore();
    }
  });

  it('gives the rows of each statement, of its organisation alone, and leaves no setting behind', async () => {
    verifies('D3');
    expect(await asOrg('A', insert('A', '1'), insert('A', '2'), all)).toEqual([
      [{ id: '1' }],
      [{ id: '2' }],
      [{ id: '1' }, { id: '2' }],
    ]);
    expect(await asOrg('B', all)).toEqual([[]]);
    expect(await pool.query(all.text)).toEqual([]);
    await expect(asOrg('B', insert('A', '3'))).rejects.toThrow(/row-level security/);
  });

  it('keeps nothing when one statement fails, says which one, and the pool goes on', async () => {
    await expect(asOrg('C', insert('C', '1'), insert('C', '1'), insert('C', '2'))).rejects.toThrow(
      /duplicate key/,
    );
    expect(await asOrg('C', all, insert('C', '1'))).toEqual([[], [{ id: '1' }]]);
  });

  it('keeps nothing when the work itself fails', async () => {
    const failing = pipelinedTransaction(pool, async (send) => {
      await send(organisationContext('D', { durable: true }));
      await send(insert('D', '1'));
      throw new Error('decided otherwise');
    });
    await expect(failing).rejects.toThrow('decided otherwise');
    expect(await asOrg('D', all)).toEqual([[]]);
  });

  it('is no success when a failure goes unnoticed: the commit that became a rollback rejects', async () => {
    const careless = pipelinedTransaction(pool, (send) => {
      void send(organisationContext('E', { durable: true }));
      void send(insert('E', '1'));
      void send({ text: 'SELECT 1 / 0', values: [] });
      return Promise.resolve({ answers: Promise.resolve('done') });
    });
    await expect(careless).rejects.toThrow(/division by zero/);
    expect(await asOrg('E', all)).toEqual([[]]);
  });

  it('gives no rows when the commit itself fails, though every statement had answered well', async () => {
    const late: Statement = { text: `INSERT INTO late VALUES ('G'), ('G')`, values: [] };
    await expect(asOrg('G', late, all)).rejects.toThrow(/duplicate key/);
    expect(await asOrg('G', { text: 'SELECT * FROM late', values: [] })).toEqual([[]]);
  });

  it('rejects when its connection is cut, and the next one has another', async () => {
    await expect(
      asOrg('F', { text: 'SELECT pg_terminate_backend(pg_backend_pid())', values: [] }),
    ).rejects.toThrow();
    expect(await asOrg('F', all)).toEqual([[]]);
  });
});

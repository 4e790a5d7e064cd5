import { newId } from '@portcullis/contracts';
import { connectDatabase, migrate } from '@portcullis/platform';
import { startPostgres, type TestDatabase, type TestPostgres } from '@portcullis/platform/testing';
import type { DataSource } from 'typeorm';
import { PostgresProjection } from '../src/adapters/postgres.projection.js';
import { MIGRATIONS } from '../src/database/migrations.js';
import { SCHEMA } from '../src/database/schema.js';

let postgres: TestPostgres;
let database: TestDatabase;

beforeAll(async () => {
  postgres = await startPostgres();
  database = await postgres.database('audit');
  await migrate({ ownerUrl: database.ownerUrl, schema: SCHEMA, migrations: MIGRATIONS });
}, 60_000);

afterAll(() => postgres.stop());

const connect = (): Promise<DataSource> =>
  connectDatabase({ url: database.jobUrl, schema: SCHEMA, applicationName: 'test', pipeline: true });

it('keeps what was projected through a crash of the database: the next batch goes on where it ended', async () => {
  const before = await connect();
  // A pool tells its owner of idle connections that break; here that is no news.
  (before.driver as unknown as { master: NodeJS.EventEmitter }).master.on('error', () => undefined);
  const org = newId();
  const fault = { kind: 'fault', org, stream: `audit-${org}-calls-202611`, reason: 'foreign' } as const;
  const projection = new PostgresProjection(before);
  for (const revision of [0n, 1n, 2n]) {
    await projection.apply([{ ...fault, revision }], { name: 'test', position: revision });
  }
  await postgres.crash();

  const after = await connect();
  expect(await new PostgresProjection(after).checkpoint('test')).toBe(2n);
  await after.destroy();
  await before.destroy().catch(() => undefined);
}, 60_000);

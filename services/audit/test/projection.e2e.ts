import { newId, type AuditRecord, type GrantClaims, type Outcome } from '@portcullis/contracts';
import { connectDatabase, migrate, organisationContext, pipelinedTransaction } from '@portcullis/platform';
import { startPostgres, type TestPostgres } from '@portcullis/platform/testing';
import fc from 'fast-check';
import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { PostgresProjection } from '../src/adapters/postgres.projection.js';
import { dataHashOf } from '../src/append/record-log.js';
import { MIGRATIONS } from '../src/database/migrations.js';
import { SCHEMA } from '../src/database/schema.js';
import { evolveCall, type CallState } from '../src/projection/call-state.js';
import type { ProjectedRecord } from '../src/projection/project-record.js';
import { intentRecord, outcomeRecord } from '../src/records/compose-record.js';
import { grantClaims, hash } from './statements.js';

let postgres: TestPostgres;
let jobs: DataSource;
let superuser: Client;

beforeAll(async () => {
  postgres = await startPostgres();
  const database = await postgres.database('audit');
  await migrate({ ownerUrl: database.ownerUrl, schema: SCHEMA, migrations: MIGRATIONS });
  const job = { url: database.jobUrl, schema: SCHEMA, applicationName: 'test', pipeline: true };
  jobs = await connectDatabase(job);
  const url = new URL(postgres.superuserUrl.revealText());
  url.pathname = new URL(database.ownerUrl.revealText()).pathname;
  superuser = new Client({ connectionString: url.href, options: `-c search_path=${SCHEMA}` });
  await superuser.connect();
}, 60_000);

afterAll(async () => {
  await superuser.end();
  await jobs.destroy();
  await postgres.stop();
});

type Result = Outcome['result'];
const SUCCESS: Outcome = {
  result: 'success',
  latencyMs: 1,
  resultBytes: 1,
  resultDigest: null,
  error: null,
  redactions: 0,
};

/** An intent (`null`), or an outcome, of the call of this grant. */
function recordOf(org: string, grant: string, result: Result | null): AuditRecord {
  const issued = {
    iss: 'policy',
    aud: ['audit'],
    jti: 'j',
    iat: 1_795_255_200,
    exp: 0,
  } satisfies Partial<GrantClaims>;
  const claims = { ...grantClaims({ org }), ...issued };
  const accepted = { time: new Date(), nonce: 'B'.repeat(22), source: 'gateway' as const };
  const entry = { recordId: newId(), grant: 'a.b.c', sealed: [], argumentBytes: 1 };
  if (result === null) {
    return intentRecord({ ...entry, kind: 'intent' }, claims, hash(grant), { ...accepted, deadlineMs: 1000 });
  }
  const told = outcomeRecord(
    { ...entry, kind: 'outcome', intent: newId(), outcome: SUCCESS },
    claims,
    hash(grant),
    {
      ...accepted,
      interrupted: false,
    },
  );
  const type = result === 'interrupted' ? 'ToolCallInterrupted' : told.type;
  return { ...told, type, outcome: { ...SUCCESS, result } };
}

const stored = (record: AuditRecord, revision: number): ProjectedRecord => ({
  kind: 'record',
  org: record.org,
  stream: `stream of ${record.org}`,
  revision: BigInt(revision),
  record,
  dataHash: dataHashOf(record),
});

const select = async (sql: string, org: string): Promise<Record<string, unknown>[]> =>
  (await superuser.query(sql, [org])).rows as Record<string, unknown>[];

/** What `evolveCall` makes of the records one by one, as rows show it. */
function foldedCalls(records: readonly AuditRecord[]) {
  const states = new Map<string, CallState>();
  for (const record of records) {
    const grant = record.digests?.grant ?? '';
    const next = evolveCall(states.get(grant), record);
    if (next) states.set(grant, next);
  }
  return [...states]
    .map(([grant_hash, { intent, deadline, status, outcomeRecord: outcome_record, outcome }]) => {
      return { grant_hash, intent, deadline, status, outcome_record, outcome };
    })
    .sort((a, b) => (a.grant_hash < b.grant_hash ? -1 : 1));
}

async function expectProjected(org: string, records: readonly AuditRecord[]): Promise<void> {
  const calls = foldedCalls(records.filter((record) => record.org === org));
  const rows = await select(
    `SELECT grant_hash, intent, deadline, status, outcome_record, outcome FROM calls
     WHERE org_id = $1 ORDER BY grant_hash COLLATE "C"`,
    org,
  );
  const told = rows.map((row) => ({
    ...row,
    deadline: row['deadline'] instanceof Date ? row['deadline'].toISOString() : null,
  }));
  expect(told).toEqual(calls);
  const shown = 'SELECT DISTINCT grant_hash, status FROM records WHERE org_id = $1';
  expect(new Map((await select(shown, org)).map((row) => [row['grant_hash'], row['status']]))).toEqual(
    new Map(calls.map((call) => [call.grant_hash, call.status])),
  );
  expect(await select(shown, org)).toHaveLength(calls.length);
  const watched = await select('SELECT grant_hash FROM deadlines WHERE org_id = $1', org);
  expect(new Set(watched.map((row) => row['grant_hash']))).toEqual(
    new Set(calls.filter((it) => it.status === 'pending' && it.deadline).map((it) => it.grant_hash)),
  );
}

/** Records of two calls of each of two organisations in any order, some of them told again, cut into batches. */
const history = fc.record({
  events: fc.array(
    fc.record({
      org: fc.constantFrom(0, 1),
      grant: fc.constantFrom('g1', 'g2'),
      result: fc.constantFrom<(Result | null)[]>(null, null, 'success', 'timeout', 'interrupted'),
    }),
    { minLength: 1, maxLength: 10 },
  ),
  again: fc.array(fc.nat(9), { maxLength: 4 }),
  batch: fc.integer({ min: 1, max: 6 }),
});

describe('records in batches', () => {
  it('give every call the state that its records give it one by one, however they are cut or repeated', async () => {
    await fc.assert(
      fc.asyncProperty(history, async ({ events, again, batch }) => {
        const orgs = [newId(), newId()] as const;
        const records = events.map(({ org, grant, result }) => recordOf(orgs[org]!, grant, result));
        const told = [...records, ...again.map((index) => records[index % records.length]!)].map(stored);
        const projection = new PostgresProjection(jobs);
        for (let at = 0; at < told.length; at += batch) {
          expect(await projection.apply(told.slice(at, at + batch), null)).toEqual([]);
        }
        for (const org of orgs) await expectProjected(org, records);
      }),
      { numRuns: 50 },
    );
  }, 60_000);

  it('are kept with their checkpoint, or neither is', async () => {
    const projection = new PostgresProjection(jobs);
    const [org, other] = [newId(), newId()];
    const good = recordOf(org, 'g1', null);
    const bad = { ...recordOf(other, 'g1', null), time: 'no time' };
    const checkpoint = { name: 'test', position: 7n };
    await expect(projection.apply([good, bad].map(stored), checkpoint)).rejects.toThrow(/timestamp/);
    expect(await select('SELECT * FROM records WHERE org_id = $1', org)).toEqual([]);
    expect(await projection.checkpoint('test')).toBeUndefined();
    await projection.apply([stored(good, 0)], checkpoint);
    await projection.apply([stored(good, 0)], { ...checkpoint, position: 3n });
    await expectProjected(org, [good]);
    expect(await projection.checkpoint('test')).toBe(7n);
  });

  it('of several organisations are written as each of them: row-level security refuses a foreign row', async () => {
    const [org, other] = [newId(), newId()];
    const foreign = { ...stored(recordOf(other, 'g1', null), 0), org };
    await new PostgresProjection(jobs).apply([foreign], null);
    expect(await select('SELECT * FROM records WHERE org_id = $1', other)).toEqual([]);
    const direct = pipelinedTransaction(jobs, (send) => {
      void send(organisationContext(org, { durable: false }));
      const text = `INSERT INTO heads (org_id, stream, revision) VALUES ($1, 's', 1)`;
      return Promise.resolve({ answers: send({ text, values: [other] }) });
    });
    await expect(direct).rejects.toThrow(/row-level security/);
  });
});

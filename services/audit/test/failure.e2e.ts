import { AppError, newId, VERBS, type AuditRow } from '@portcullis/contracts';
import { connectEventStore, type EventStore } from '@portcullis/eventing';
import { connectDatabase } from '@portcullis/platform';
import { eventually } from '@portcullis/platform/testing';
import { verifies } from '../../../tools/verifies.js';
import { SCHEMA } from '../src/database/schema.js';
import { AuditFixture, type RunningAudit } from './audit-fixture.js';
import { fact, grantFor, intent, outcome, principalFor } from './statements.js';

let fixture: AuditFixture;
let audit: RunningAudit;

beforeAll(async () => {
  fixture = await AuditFixture.start();
  audit = await fixture.startAudit({
    INTENT_DEADLINE_MS: '1500',
    APPEND_DEADLINE_MS: '2500',
    STORE_TIMEOUT_MS: '700',
  });
  await eventually(async () => expect((await health()).status).toBe(200), { deadlineMs: 10_000 });
}, 60_000);
afterAll(() => fixture.stop(), 60_000);

const policy = () => fixture.keyring('policy');
const health = () => fetch(`http://127.0.0.1:${audit.ready['httpPort']}/health/ready`);
const types = (rows: AuditRow[]): string[] => rows.map(({ record }) => record.type);

describe('a call whose outcome never comes', () => {
  it('is closed as interrupted after its deadline, once, and a late outcome recovers it', async () => {
    verifies('B1');
    const org = newId();
    const grant = grantFor(policy(), { org });
    const begun = await fixture.recorded('gateway', intent(grant));
    const rows = await eventually(
      async () => {
        const found = await fixture.rowsOf(org, { outcome: 'interrupted' });
        expect(types(found)).toEqual(['ToolCallInterrupted', 'ToolCallAuthorized']);
        return found;
      },
      { deadlineMs: 8000 },
    );
    expect(rows[0]?.record).toMatchObject({
      source: 'audit',
      call: { intent: begun.recordId },
      outcome: { result: 'interrupted' },
    });
    await fixture.recorded('gateway', outcome(grant, { intent: begun.recordId, result: 'success' }));
    const recovered = await fixture.rowsOf(org);
    expect(types(recovered)).toEqual(['OutcomeRecovered', 'ToolCallInterrupted', 'ToolCallAuthorized']);
    expect(recovered.map(({ state }) => state?.status)).toEqual(['success', 'success', 'success']);
  });

  it('is not interrupted when the outcome came in time', async () => {
    const org = newId();
    const other = newId();
    const grant = grantFor(policy(), { org });
    const begun = await fixture.recorded('gateway', intent(grant));
    await fixture.recorded('gateway', outcome(grant, { intent: begun.recordId, result: 'aborted' }));
    await fixture.recorded('gateway', intent(grantFor(policy(), { org: other })));
    // The other call is younger: when it has been closed, this one would have been.
    await eventually(
      async () => expect(await fixture.rowsOf(other, { outcome: 'interrupted' })).toHaveLength(2),
      {
        deadlineMs: 8000,
      },
    );
    expect(types(await fixture.rowsOf(org, { outcome: 'aborted' }))).toEqual([
      'AbortedBeforeEffect',
      'ToolCallAuthorized',
    ]);
  });
});

describe('an event store in trouble', () => {
  let reader: EventStore;
  beforeAll(() => {
    reader = connectEventStore({ url: fixture.node.url, requestTimeoutMs: 3000 });
  });
  afterAll(() => reader.close());

  async function storedIds(stream: string): Promise<string[]> {
    const ids: string[] = [];
    for await (const { data } of reader.read(stream)) ids.push((data as { recordId: string }).recordId);
    return ids;
  }

  it('answers within the deadline when the store is silent, and readiness says so', async () => {
    verifies('B1');
    const org = newId();
    const before = await fixture.recorded('gateway', intent(grantFor(policy(), { org })));
    const grant = grantFor(policy(), { org });
    const silent = intent(grant);
    fixture.node.pause();
    const began = Date.now();
    const [result] = await fixture.append('gateway', silent);
    expect(result).toMatchObject({ status: 'refused', code: 'UNAVAILABLE' });
    expect(Date.now() - began).toBeLessThan(4000);
    expect((await health()).status).toBe(503);
    fixture.node.resume();
    await eventually(async () => expect((await health()).status).toBe(200), { deadlineMs: 10_000 });
    // Whether the first attempt reached the disk or not: repeated, it is recorded once, and the receipt is for it.
    const again = await fixture.recorded('gateway', silent);
    expect(again.receipt).not.toBeNull();
    const ids = await storedIds(before.stream);
    expect(ids[again.revision]).toBe(silent.recordId);
    const shown = (await fixture.rowsOf(org)).filter(({ record }) => record.type === 'ToolCallAuthorized');
    expect(shown.map(({ record }) => record.recordId)).toEqual([silent.recordId, before.recordId]);
  }, 40_000);

  it('has everything that was acknowledged after kill -9, and takes appends again', async () => {
    verifies('B1', 'P8');
    const org = newId();
    const entries = Array.from({ length: 60 }, () => intent(grantFor(policy(), { org })));
    const first = await fixture.recorded('gateway', entries[0]!);
    const pending = entries.slice(1).map((entry) => fixture.append('gateway', entry));
    await fixture.node.kill();
    const results = (await Promise.all(pending)).flat();
    await fixture.node.restart();
    const acknowledged = [first, ...results].flatMap((result) =>
      result.status === 'recorded' ? [result.recordId] : [],
    );
    const ids = await eventually(() => storedIds(first.stream), { deadlineMs: 10_000 });
    expect(acknowledged.filter((recordId) => !ids.includes(recordId))).toEqual([]);
    await eventually(() => fixture.recorded('gateway', intent(grantFor(policy(), { org }))), {
      deadlineMs: 15_000,
    });
    const rows = await eventually(() => fixture.rowsOf(org), { deadlineMs: 15_000 });
    const shown = rows
      .filter(({ record }) => record.type === 'ToolCallAuthorized')
      .map(({ record }) => record.recordId);
    expect(acknowledged.filter((recordId) => !shown.includes(recordId))).toEqual([]);
    expect(new Set(shown).size).toBe(shown.length);
  }, 60_000);
});

describe('a projection that can not catch up', () => {
  it('makes a query STALE and holds back what may be a repetition, but not a fresh call', async () => {
    const org = newId();
    await fixture.recorded('gateway', intent(grantFor(policy(), { org })));
    await fixture.rowsOf(org);
    await audit.audit.work.stop();
    try {
      await fixture.recorded('gateway', intent(grantFor(policy(), { org })));
      const assertion = principalFor(fixture.keyring('control'), org);
      const query = fixture.call('control', VERBS.auditQuery, {
        assertion,
        filter: {},
        limit: 10,
        cursor: null,
      });
      await expect(query).rejects.toMatchObject({ code: 'STALE' } satisfies Partial<AppError>);
      const [late] = await fixture.append('control', fact(org, { recordId: '01JD000000000000000000FACT' }));
      expect(late).toMatchObject({ status: 'refused', code: 'STALE' });
    } finally {
      audit.audit.work.start();
    }
    expect(await eventually(() => fixture.rowsOf(org), { deadlineMs: 10_000 })).toHaveLength(2);
  }, 30_000);
});

describe('a database in trouble', () => {
  it('leaves fresh calls alone, and the projection goes on when its connections were cut', async () => {
    const org = newId();
    await fixture.recorded('gateway', intent(grantFor(policy(), { org })));
    const operator = await connectDatabase({
      url: fixture.superuserUrl,
      schema: SCHEMA,
      applicationName: 'operator',
    });
    await operator.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'portcullis-audit%'`,
    );
    await operator.destroy();
    await fixture.recorded('gateway', intent(grantFor(policy(), { org })));
    const shown = await eventually(
      async () => {
        const rows = (await fixture.rowsOf(org)).filter(({ record }) => record.type === 'ToolCallAuthorized');
        expect(rows).toHaveLength(2);
        return rows;
      },
      { deadlineMs: 15_000 },
    );
    expect(new Set(shown.map(({ record }) => record.recordId)).size).toBe(2);
    await eventually(async () => expect((await health()).status).toBe(200), { deadlineMs: 10_000 });
  }, 40_000);
});

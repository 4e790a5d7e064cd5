import { canonicalBytes, newId, recordHash, sha256, VERBS, type AuditRecord } from '@portcullis/contracts';
import { connectEventStore, type EventStore } from '@portcullis/eventing';
import { asOrganisation, catalogueFaults, connectDatabase } from '@portcullis/platform';
import { eventually, testTrust } from '@portcullis/platform/testing';
import { parse } from 'csv-parse/sync';
import type { DataSource } from 'typeorm';
import { verifies } from '../../../tools/verifies.js';
import { CATALOGUE, SCHEMA } from '../src/database/schema.js';
import { AuditFixture, type RunningAudit } from './audit-fixture.js';
import { denialFor, fact, grantFor, intent, outcome, principalFor } from './statements.js';

let fixture: AuditFixture;
let audit: RunningAudit;
let database: DataSource;
let store: EventStore;

beforeAll(async () => {
  fixture = await AuditFixture.start();
  audit = await fixture.startAudit();
  database = await connectDatabase({ url: fixture.database.appUrl, schema: SCHEMA, applicationName: 'test' });
  store = connectEventStore({ url: fixture.node.url });
}, 60_000);
afterAll(async () => {
  await store.close();
  await database.destroy();
  await fixture.stop();
}, 60_000);

const policy = () => fixture.keyring('policy');
const org = newId();
const alice = newId();
const PAYMENTS = '01JD00000000000000000000P1';
/** recordIds by what they are. */
const ids: Record<string, string> = {};

beforeAll(async () => {
  const read = grantFor(policy(), {
    org,
    sub: alice,
    kind: 'agent',
    act: { client: 'cursor', agent: 'coder' },
  });
  const write = grantFor(policy(), { org, srv: PAYMENTS, slug: 'payments', tool: 'pay', label: 'write' });
  ids['read'] = (await fixture.recorded('gateway', intent(read))).recordId;
  ids['readDone'] = (await fixture.recorded('gateway', outcome(read, { intent: ids['read'] }))).recordId;
  ids['write'] = (await fixture.recorded('gateway', intent(write))).recordId;
  const denial = denialFor(policy(), { org, sub: alice, tool: 'pay', srv: PAYMENTS, slug: 'payments' });
  ids['denied'] = newId();
  await fixture.recorded('gateway', {
    kind: 'denial',
    recordId: ids['denied'],
    denial,
    sealed: [],
    argumentBytes: 5,
  });
  const hostile = fact(org, {
    action: 'server.created',
    target: { type: 'server', id: '=HYPERLINK("https://evil.example")' },
    data: { note: 'say "hi", then\r\nleave' },
  });
  ids['fact'] = (await fixture.recorded('control', hostile)).recordId;
}, 60_000);

const found = async (filter: Parameters<AuditFixture['rowsOf']>[1]): Promise<string[]> =>
  (await fixture.rowsOf(org, filter)).map(({ record }) => nameOf(record));
const nameOf = (record: AuditRecord): string =>
  Object.entries(ids).find(([, recordId]) => recordId === record.recordId)?.[0] ?? record.type;

describe('query', () => {
  it.each([
    [{}, ['fact', 'denied', 'write', 'readDone', 'read']],
    [{ class: 'admin' as const }, ['fact']],
    [{ actor: alice }, ['denied', 'readDone', 'read']],
    [{ server: 'payments' }, ['denied', 'write']],
    [{ server: PAYMENTS }, ['denied', 'write']],
    [{ tool: 'pay', outcome: 'denied' as const }, ['denied']],
    [{ outcome: 'success' as const }, ['readDone', 'read']],
    [{ outcome: 'pending' as const }, ['write']],
    [{ action: 'server.created' }, ['fact']],
    [{ from: '2999-01-01T00:00:00.000Z' }, []],
    [{ to: '2000-01-01T00:00:00.000Z' }, []],
  ])('finds %j, newest first', async (filter, wanted) => {
    verifies('P8', 'D8');
    expect(await found(filter)).toEqual(wanted);
  });

  it('cuts a period half-open', async () => {
    const [newest] = await fixture.rowsOf(org);
    const time = newest?.record.time ?? '';
    expect(await found({ from: time })).toContain('fact');
    expect(await found({ to: time })).not.toContain('fact');
  });

  it('pages by key, and refuses the cursor of another question', async () => {
    const assertion = principalFor(fixture.keyring('control'), org);
    const ask = (filter: object, cursor: string | null) =>
      fixture.call('control', VERBS.auditQuery, { assertion, filter, limit: 2, cursor });
    const pages: string[][] = [];
    let cursor: string | null = null;
    do {
      const page = await ask({}, cursor);
      pages.push(page.rows.map(({ record }) => nameOf(record)));
      cursor = page.next;
    } while (cursor !== null);
    expect(pages).toEqual([['fact', 'denied'], ['write', 'readDone'], ['read']]);
    const { next } = await ask({}, null);
    await expect(ask({ tool: 'pay' }, next)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(ask({}, 'e30')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('shows every record to the byte, with the hash of its canonical form', async () => {
    for (const { record, dataHash, stream, revision } of await fixture.rowsOf(org)) {
      expect(recordHash(canonicalBytes(record)).toString('base64url')).toBe(dataHash);
      for await (const event of store.read(stream, { from: BigInt(revision), limit: 1 }))
        expect(event.data).toEqual(record);
    }
  });

  it('tells who acted: an agent on behalf of a user, by which application', async () => {
    verifies('P8', 'G6');
    const rows = await fixture.rowsOf(org, { actor: alice, outcome: 'success' });
    expect(rows[1]?.record).toMatchObject({
      actor: { kind: 'agent', id: alice, client: 'cursor', agent: 'coder', session: 'key-1' },
      digests: { arguments: expect.any(String), definition: expect.any(String) },
      decision: { result: 'allow', rule: 'members-read', revision: 7 },
    });
    expect(rows[1]?.state?.outcome).toMatchObject({ latencyMs: 12, result: 'success' });
  });
});

describe('export', () => {
  it('writes CSV that a parser reads back and a spreadsheet does not execute', async () => {
    verifies('P8', 'C4');
    const [chunk] = await fixture.exported(org, 'csv');
    expect(chunk?.next).toBeNull();
    expect(chunk?.chunk).toContain('\r\n');
    const rows = parse(chunk?.chunk ?? '', { columns: true, record_delimiter: '\r\n' }) as Record<
      string,
      string
    >[];
    expect(rows.map(({ recordId }) => recordId)).toEqual(
      ['read', 'readDone', 'write', 'denied', 'fact'].map((key) => ids[key]),
    );
    expect(rows[0]).toMatchObject({
      type: 'ToolCallAuthorized',
      actorKind: 'agent',
      actorId: alice,
      client: 'cursor',
      agent: 'coder',
      operation: 'tool.call',
      server: 'notes',
      tool: 'list_notes',
      label: 'read',
      decision: 'allow',
      rule: 'members-read',
      outcome: 'success',
      latencyMs: '12',
      argumentBytes: '42',
      resultBytes: '345',
    });
    expect(rows.map(({ outcome: status }) => status)).toEqual([
      'success',
      'success',
      'pending',
      'denied',
      '',
    ]);
    expect(rows[4]).toMatchObject({
      targetId: `'=HYPERLINK("https://evil.example")`,
      data: '{"note":"say \\"hi\\", then\\r\\nleave"}',
    });
  });

  it('writes JSON lines in canonical form, each verifiable by its hash', async () => {
    verifies('C4');
    const [chunk] = await fixture.exported(org, 'jsonl', { class: 'calls' });
    const lines = chunk?.chunk.trimEnd().split('\n') ?? [];
    expect(lines).toHaveLength(4);
    for (const line of lines) {
      const row = JSON.parse(line) as { record: AuditRecord; dataHash: string };
      expect(canonicalBytes(row).toString()).toBe(line);
      expect(recordHash(canonicalBytes(row.record)).toString('base64url')).toBe(row.dataHash);
    }
  });

  it('comes in chunks that fit the transport, complete and without repetition, and ends while more is recorded', async () => {
    verifies('C4');
    const many = newId();
    for (let batch = 0; batch < 4; batch += 1) {
      const entries = Array.from({ length: 100 }, () => intent(grantFor(policy(), { org: many })));
      await fixture.append('gateway', ...entries);
    }
    const assertion = principalFor(fixture.keyring('control'), many);
    const first = await fixture.call('control', VERBS.auditExport, {
      assertion,
      filter: {},
      format: 'jsonl',
      cursor: null,
    });
    const later = await fixture.recorded('gateway', intent(grantFor(policy(), { org: many })));
    const chunks = [first];
    while (chunks.at(-1)?.next) {
      const cursor = chunks.at(-1)?.next ?? null;
      chunks.push(
        await fixture.call('control', VERBS.auditExport, { assertion, filter: {}, format: 'jsonl', cursor }),
      );
    }
    expect(chunks.length).toBeGreaterThan(1);
    for (const { chunk } of chunks) expect(Buffer.byteLength(chunk)).toBeLessThanOrEqual(200 * 1024);
    const lines = chunks.flatMap(({ chunk }) => chunk.trimEnd().split('\n'));
    const exported = lines.map((line) => (JSON.parse(line) as { record: AuditRecord }).record.recordId);
    expect(exported).toHaveLength(400);
    expect(new Set(exported).size).toBe(400);
    expect(exported).not.toContain(later.recordId);
    expect(chunks.reduce((sum, { records }) => sum + records, 0)).toBe(400);
  });
});

describe('another organisation', () => {
  it('sees nothing by query or export, whatever it asks for', async () => {
    verifies('D3', 'H2');
    const stranger = newId();
    await fixture.recorded('gateway', intent(grantFor(policy(), { org: stranger })));
    const strangers = await fixture.rowsOf(stranger);
    expect(strangers.map(({ record }) => record.org)).toEqual([stranger]);
    expect(await fixture.rowsOf(stranger, { actor: alice })).toEqual([]);
    const csv = (await fixture.exported(stranger, 'csv')).map(({ chunk }) => chunk).join('');
    for (const recordId of Object.values(ids)) expect(csv).not.toContain(recordId);
    const assertion = principalFor(fixture.keyring('control'), org);
    const own = await fixture.call('control', VERBS.auditQuery, {
      assertion,
      filter: {},
      limit: 1,
      cursor: null,
    });
    const foreign = principalFor(fixture.keyring('control'), stranger);
    const stolen = await fixture.call('control', VERBS.auditQuery, {
      assertion: foreign,
      filter: {},
      limit: 10,
      cursor: own.next,
    });
    expect(stolen.rows.filter((row) => row.record.org !== stranger)).toEqual([]);
  });

  const untagged = (jws: string): string => jws.slice(0, jws.lastIndexOf('.'));
  const notForAudit: [string, () => string][] = [
    ['that was made for the vault', () => principalFor(fixture.keyring('control'), org, 'vault')],
    [
      'of another installation',
      () => {
        const other = testTrust();
        const assertion = principalFor(other.keyring('control'), org);
        other.clean();
        return assertion;
      },
    ],
    [
      'with a tag of nobody',
      () => `${untagged(principalFor(fixture.keyring('control'), org))}.${'A'.repeat(43)}`,
    ],
    ['that is something else, said by policy', () => denialFor(policy(), { org })],
  ];
  it.each(notForAudit)('is not opened by an assertion %s', async (_what, assertion) => {
    verifies('D3');
    const ask = (what: string) =>
      fixture.call('control', VERBS.auditQuery, { assertion: what, filter: {}, limit: 1, cursor: null });
    await expect(ask(assertion())).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await expect(ask(principalFor(fixture.keyring('control'), org))).resolves.toBeDefined();
  });

  it('is kept out by the database: no row without the organisation, no write by the query role', async () => {
    verifies('G5', 'D3');
    expect(await database.query('SELECT count(*)::int AS rows FROM records')).toEqual([{ rows: 0 }]);
    const counted = await asOrganisation(database, org, (tx) =>
      tx.query('SELECT DISTINCT org_id FROM records'),
    );
    expect(counted).toEqual([{ org_id: org }]);
    await expect(asOrganisation(database, org, (tx) => tx.query('DELETE FROM records'))).rejects.toThrow(
      /permission denied/,
    );
    await expect(database.query('SELECT * FROM deadlines')).rejects.toThrow(/permission denied/);
    expect(await catalogueFaults(database, CATALOGUE)).toEqual([]);
  });
});

describe('a time that PostgreSQL has no place for', () => {
  it('is a mistake of whoever asks, in a filter and in a cursor', async () => {
    const assertion = principalFor(fixture.keyring('control'), newId());
    const ask = (filter: object, cursor: string | null) =>
      fixture.call('control', VERBS.auditQuery, { assertion, filter, limit: 1, cursor });
    const never = '0000-01-01T00:00:00.000Z';
    const digest = sha256(canonicalBytes({})).subarray(0, 12).toString('base64url');
    const cursor = Buffer.from(JSON.stringify({ t: never, r: newId(), to: null, f: digest }));
    const refused = expect.objectContaining({ code: 'INVALID_ARGUMENT' });
    await expect(ask({ from: never }, null)).rejects.toEqual(refused);
    await expect(ask({}, cursor.toString('base64url'))).rejects.toEqual(refused);
  });
});

describe('text that PostgreSQL has no place for', () => {
  it('is recorded, shown and found like any other', async () => {
    const actor = { kind: 'system' as const, id: 'nul\u0000inside' };
    const odd = newId();
    const { recordId } = await fixture.recorded('control', fact(odd, { actor, data: { note: 'a\u0000b' } }));
    const rows = await fixture.rowsOf(odd, { actor: actor.id });
    expect(rows).toMatchObject([{ record: { recordId, actor, data: { note: 'a\u0000b' } } }]);
    await fixture.recorded('gateway', intent(grantFor(policy(), { org: odd })));
    expect(await fixture.rowsOf(odd)).toHaveLength(2);
  });
});

describe('the projection', () => {
  const rows = async () => fixture.rowsOf(org);

  async function asOperator(...statements: string[]): Promise<void> {
    const connection = await connectDatabase({
      url: fixture.superuserUrl,
      schema: SCHEMA,
      applicationName: 'test',
    });
    for (const statement of statements) await connection.query(statement);
    await connection.destroy();
  }

  it('is the same after it was dropped and built again from the streams', async () => {
    verifies('C4');
    const before = await rows();
    await fixture.stopAudit(audit);
    await asOperator(
      'TRUNCATE audit.records, audit.calls, audit.heads, audit.faults, audit.deadlines, audit.checkpoints',
    );
    audit = await fixture.startAudit();
    expect(await eventually(rows, { deadlineMs: 10_000 })).toEqual(before);
  }, 30_000);

  it('goes on where it stopped, and is the same when it is told everything again', async () => {
    const before = await rows();
    await fixture.stopAudit(audit);
    await asOperator('UPDATE audit.checkpoints SET position = 0');
    audit = await fixture.startAudit();
    const grant = grantFor(policy(), { org });
    ids['late'] = (await fixture.recorded('gateway', intent(grant))).recordId;
    const after = await eventually(rows, { deadlineMs: 10_000 });
    expect(after.slice(1)).toEqual(before);
  }, 30_000);

  it('reports what stands in a stream and is no valid record, and what contradicts an earlier one', async () => {
    const [row] = await rows();
    const stream = row?.stream ?? '';
    const foreign = { ...row?.record, org: newId() } as AuditRecord;
    const contradiction = {
      ...row?.record,
      actor: { ...row?.record.actor, id: 'somebody else' },
    } as AuditRecord;
    const type = `audit.${row?.record.type}.v1`;
    for (const data of [{ nothing: true }, foreign, contradiction]) {
      await store.append(
        stream,
        [{ id: crypto.randomUUID(), type, data: JSON.parse(JSON.stringify(data)) }],
        { expected: 'any' },
      );
    }
    const faults = await eventually(
      async () => {
        const reported = await asOrganisation(database, org, (tx) =>
          tx.query('SELECT reason FROM faults ORDER BY revision'),
        );
        expect(reported).toHaveLength(3);
        return reported as { reason: string }[];
      },
      { deadlineMs: 10_000 },
    );
    expect(faults.map(({ reason }) => reason)).toEqual(['unreadable', 'foreign', 'contradiction']);
    expect((await rows())[0]).toEqual(row);
  });
});

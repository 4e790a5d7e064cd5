import { randomBytes } from 'node:crypto';
import {
  newId,
  VERBS,
  type JsonValue,
  type KekOperation,
  type KeksReply,
  type SignedRotationReport,
  type VerbCaller,
} from '@portcullis/contracts';
import { eventually } from '@portcullis/platform/testing';
import { verifies } from '../../../tools/verifies.js';
import { isSigned } from '../src/rotation/rotation-report.js';
import { ControlPart, GatewayPart, startInstallation, type Installation } from './installation.js';
import { targetOf, type GrantChanges } from './issuer.js';

let installation: Installation;
let gateway: GatewayPart;
let control: ControlPart;
let asking: VerbCaller;
const HOME = newId();

beforeAll(async () => {
  installation = await startInstallation();
  await installation.startReplica();
  await installation.startReplica();
  gateway = new GatewayPart(installation, await installation.caller('gateway'));
  asking = await installation.caller('control');
  control = new ControlPart(installation, asking);
}, 60_000);
afterAll(() => installation.stop(), 30_000);

const change = <A extends JsonValue>(operation: KekOperation, args: A, changes: GrantChanges = {}) =>
  installation.issuer.kekChange(operation, HOME, args, changes);
const keys = (): Promise<KeksReply> =>
  asking.call(VERBS.keks, { assertion: installation.issuer.assertion(HOME) });
const rotate = async (): Promise<string> => {
  const { primary } = await keys();
  return (await asking.call(VERBS.rotateKek, change('kek.rotate', { primary }))).primary;
};
const rewrap = async (rowsPerSecond = 100_000): Promise<string> =>
  (await asking.call(VERBS.rewrap, change('kek.rewrap', { rowsPerSecond }))).rewrap;
const retire = (kekId: string) => asking.call(VERBS.retireKek, change('kek.retire', { kekId }));

const reportOf = (id: string): Promise<SignedRotationReport> =>
  eventually(
    async () => {
      const { lastReport } = await keys();
      if (lastReport?.report.rewrap !== id) throw new Error('The rewrap has not ended.');
      return lastReport;
    },
    { deadlineMs: 30_000 },
  );

interface Stored {
  grant: GrantChanges;
  value: string;
}

async function stored(): Promise<Stored> {
  const org = newId();
  const target = targetOf({ owner: org });
  const value = `value ${randomBytes(8).toString('hex')}`;
  await control.put(org, target, value);
  return { grant: { org, srv: target.srv, dst: target.dst, sub: newId() }, value };
}

const opened = async ({ grant, value }: Stored): Promise<void> =>
  expect(await gateway.open(gateway.request(grant))).toEqual({ token: value });

/** Owner keys by the key that wraps them. */
async function wrappedBy(): Promise<Record<string, number>> {
  const { rows } = await installation.database.query(
    'SELECT kek_id, count(*)::int AS n FROM owner_keys GROUP BY kek_id',
  );
  return Object.fromEntries(rows.map(({ kek_id, n }) => [kek_id, n]));
}

/** Owner keys of organisations that have one each, copied from a real one: they don't open, but they are there. */
async function strangers(count: number, kekId: string): Promise<void> {
  await installation.database.query(
    `INSERT INTO owner_keys (org_id, key_id, version, owner_kind, owner, kek_id, wrapped, created_at)
     SELECT lpad(n::text, 26, '0'), lpad(n::text, 26, '0'), 1, 'organisation', lpad(n::text, 26, '0'), $2, $3, now()
     FROM generate_series(1, $1) AS n`,
    [count, kekId, randomBytes(92)],
  );
}

describe('a rotation', () => {
  it('moves every owner key to a new version while credentials are opened, without one that fails', async () => {
    verifies('P2');
    const all = await Promise.all(Array.from({ length: 12 }, stored));
    expect(await wrappedBy()).toEqual({ 'local-1': 12 });
    const envelopes = await installation.database.query('SELECT envelope FROM secrets ORDER BY secret_id');

    let calls = 0;
    let over = false;
    const load = Promise.all(
      [0, 1, 2].map(async (worker) => {
        for (let n = worker; !over; n += 1) {
          await opened(all[n % all.length]!);
          calls += 1;
        }
      }),
    );
    expect(await rotate()).toBe('local-1:v2');
    await expect(retire('local-1')).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      details: { ownerKeys: 12 },
    });
    // By then both replicas have heard of the new version.
    await eventually(
      async () => {
        await opened(await stored());
        expect((await wrappedBy())['local-1:v2'] ?? 0).toBeGreaterThan(2);
      },
      { deadlineMs: 20_000 },
    );
    const signed = await reportOf(await rewrap());
    await retire('local-1');
    const before = calls;
    await eventually(() => expect(calls).toBeGreaterThan(before + 30), { deadlineMs: 20_000 });
    over = true;
    await load;

    const { 'local-1': left = 0, 'local-1:v2': moved } = await wrappedBy();
    expect(left).toBe(0);
    expect(signed.report).toMatchObject({ target: 'local-1:v2', unmoved: 0, after: { 'local-1:v2': moved } });
    expect(signed.report.moved).toBe(signed.report.before['local-1']);
    expect(isSigned(installation.trust.keyring('audit'), signed)).toBe(true);
    const forged = { ...signed, report: { ...signed.report, moved: signed.report.moved + 1 } };
    expect(isSigned(installation.trust.keyring('audit'), forged)).toBe(false);
    // No credential was touched.
    const after = await installation.database.query(
      'SELECT envelope FROM secrets WHERE envelope = ANY ($1::bytea[]) ORDER BY secret_id',
      [envelopes.rows.map(({ envelope }) => envelope)],
    );
    expect(after.rows).toEqual(envelopes.rows);
    expect(await keys()).toMatchObject({
      primary: 'local-1:v2',
      keks: [{ kekId: 'local-1:v2', seals: true, opens: true }],
      rewrap: null,
    });
  }, 90_000);

  it('is told to audit, step by step, with the intents that allowed it', async () => {
    await eventually(() => {
      for (const action of ['kek.rotated', 'kek.rewrapStarted', 'kek.rewrapEnded', 'kek.retired']) {
        expect([action, installation.audit.of(action).length]).toEqual([action, 1]);
      }
      expect(installation.audit.of('kek.rotated')[0]).toMatchObject({
        org: HOME,
        target: { type: 'kek', id: 'local-1:v2' },
        data: { intent: expect.any(String) },
      });
    });
  });

  it('is done once by two who ask for it at the same time', async () => {
    const { primary } = await keys();
    const both = await Promise.allSettled(
      [0, 1].map(() => asking.call(VERBS.rotateKek, change('kek.rotate', { primary }))),
    );
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(both.find((one) => one.status === 'rejected')).toMatchObject({ reason: { code: 'CONFLICT' } });
    expect((await keys()).primary).toBe('local-1:v3');
  });
});

describe('a rewrap', () => {
  it('goes on from where a killed one was, on another replica, and counts each row once', async () => {
    verifies('P2');
    const own = await stored();
    const { primary } = await keys();
    await rotate();
    const total = Object.values(await wrappedBy()).reduce((sum, n) => sum + n, 0);
    const id = await rewrap(2);
    // Whoever does the work loses its connections, and with them its lock, as if it had been killed.
    await eventually(async () => expect((await keys()).rewrap?.moved).toBeGreaterThan(0), {
      deadlineMs: 20_000,
    });
    await installation.database.query(
      `SELECT pg_terminate_backend(l.pid) FROM pg_locks l WHERE l.locktype = 'advisory' AND l.objid = 7203118`,
    );
    await installation.database.query('UPDATE rewraps SET rows_per_second = 100000 WHERE rewrap_id = $1', [
      id,
    ]);
    const { report } = await reportOf(id);
    expect(report).toMatchObject({ moved: total, unmoved: 0 });
    await opened(own);
    expect(primary).not.toBe(report.target);
  }, 60_000);

  it('names what does not open, leaves it as it was, and keeps its key from being retired', async () => {
    await strangers(3, 'local-1:v3');
    await rotate();
    const { report } = await reportOf(await rewrap());
    expect(report.unmoved).toBe(3);
    expect(report.unmovedKeys.map(({ kekId }) => kekId)).toEqual(['local-1:v3', 'local-1:v3', 'local-1:v3']);
    await expect(retire('local-1:v3')).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
    await installation.database.query(`DELETE FROM owner_keys WHERE org_id < '00000000000000000000000009'`);
    await retire('local-1:v3');
  }, 60_000);

  it('is one at a time', async () => {
    await rotate();
    const id = await rewrap(1);
    await expect(rewrap()).rejects.toMatchObject({ code: 'CONFLICT' });
    await installation.database.query('UPDATE rewraps SET rows_per_second = 100000 WHERE rewrap_id = $1', [
      id,
    ]);
    await reportOf(id);
  }, 60_000);
});

describe('a change of keys', () => {
  it('needs a grant for exactly it, once, with its receipt', async () => {
    verifies('B2');
    const { primary } = await keys();
    const good = change('kek.rotate', { primary });
    const denied = { code: 'FORBIDDEN' };
    const rotateWith = (request: typeof good) => asking.call(VERBS.rotateKek, request);
    await expect(rotateWith({ ...good, arguments: { primary: 'local-1' } })).rejects.toMatchObject(denied);
    await expect(
      rotateWith({ ...good, receipt: change('kek.rotate', { primary }).receipt }),
    ).rejects.toMatchObject(denied);
    await expect(rotateWith(change('kek.retire', { primary }))).rejects.toMatchObject(denied);
    const opening = change(
      'kek.rotate',
      { primary },
      { op: 'tool.call', srv: newId(), slug: 'a', dst: 'https://a.example' },
    );
    await expect(rotateWith(opening)).rejects.toMatchObject(denied);
    await rotateWith(good);
    await expect(rotateWith(good)).rejects.toMatchObject({ code: 'GRANT_CONSUMED' });
  });

  it('opens no credential by its grant, and names no server', async () => {
    const { grant } = await stored();
    const asKek = gateway.request({ ...grant, op: 'kek.rotate', srv: null, slug: null, dst: null });
    await expect(gateway.open(asKek)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(() => change('kek.rotate', { primary: 'local-1' }, { srv: newId() })).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
  });

  it('retires neither what seals nor what is no version', async () => {
    const { primary } = await keys();
    await expect(retire(primary)).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
    for (const none of ['local-9', 'aws:main']) {
      await expect(retire(none)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
  });
});

describe('a replica that has not heard that a version was retired', () => {
  it('stores nothing under it, but under what seals now', async () => {
    const { primary } = await keys();
    // As if the others had gone on while its answer of two seconds ago still counted.
    const version = Number(primary.split(':v')[1]);
    await installation.database.query('UPDATE key_versions SET oldest = $1, newest = $1', [version + 5]);
    const org = newId();
    await control.put(org, targetOf({ owner: org }), 'a value');
    const { rows } = await installation.database.query('SELECT kek_id FROM owner_keys WHERE org_id = $1', [
      org,
    ]);
    expect(rows).toEqual([{ kek_id: `local-1:v${version + 5}` }]);
  });
});

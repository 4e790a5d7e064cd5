import { randomBytes } from 'node:crypto';
import {
  newId,
  VERBS,
  type EraseArguments,
  type EraseReply,
  type EraseRequest,
  type SecretTarget,
} from '@portcullis/contracts';
import { eventually } from '@portcullis/platform/testing';
import { verifies } from '../../../tools/verifies.js';
import { ControlPart, GatewayPart, startInstallation, type Installation } from './installation.js';
import { claimsIn, targetOf, type GrantChanges } from './issuer.js';
import { ReaderPart } from './reader-part.js';

let installation: Installation;
let gateway: GatewayPart;
let control: ControlPart;

beforeAll(async () => {
  installation = await startInstallation();
  await installation.startReplica();
  gateway = new GatewayPart(installation, await installation.caller('gateway'));
  control = new ControlPart(installation, await installation.caller('control'));
}, 60_000);
afterAll(() => installation.stop(), 30_000);

const order = (org: string, what: EraseArguments['what'], id: string, changes: GrantChanges = {}) =>
  installation.issuer.erasure(org, { what, id }, changes);
const send = (request: EraseRequest): Promise<EraseReply> => control.caller.call(VERBS.erase, request);
const erase = (...args: Parameters<typeof order>): Promise<EraseReply> => send(order(...args));

const VALUE = 'a credential of some length';

async function put(org: string, changes: Partial<SecretTarget>): Promise<SecretTarget> {
  const target = targetOf({ owner: org, ...changes });
  await control.put(org, target, VALUE);
  return target;
}

/** What the gateway gets as this user; null where there is nothing. */
async function opened(org: string, { srv, dst, slot, ownerKind, owner }: SecretTarget) {
  const sub = ownerKind === 'user' ? owner : newId();
  const request = gateway.request({ org, srv, dst, sub, slots: [{ slot, owner: ownerKind }] });
  try {
    return (await gateway.open(request))[slot];
  } catch (error) {
    if ((error as { code?: string }).code === 'CREDENTIAL_MISSING') return null;
    throw error;
  }
}

/** How many rows of the organisation there are. */
async function rows(org: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const table of ['secrets', 'owner_keys', 'subject_keys']) {
    const found = await installation.database.query(`SELECT 1 FROM ${table} WHERE org_id = $1`, [org]);
    counts[table] = found.rowCount ?? 0;
  }
  return counts;
}

const certificates = (org: string) => installation.audit.of('vault.erased').filter((it) => it.org === org);

/** An organisation with a member who has two credentials and a sealed section, and one credential of its own. */
async function peopled() {
  const callers = { policy: await installation.caller('policy'), control: control.caller };
  const reader = new ReaderPart(installation, callers);
  const { org } = reader;
  const person = await reader.person();
  const box = reader.sealed(person, { ip: '192.0.2.1', arguments: [] });
  const own = { ownerKind: 'user' as const, owner: person.subject };
  const [first, second, shared] = [await put(org, own), await put(org, own), await put(org, {})];
  const state = async () => (await reader.open(reader.request([box])))[0]?.state;
  return { org, user: person.subject, first, second, shared, state };
}

interface Backup {
  org: string;
  user: string;
  /** Missing: the owner key comes back so that it doesn't unwrap, and only a cached one would open anything. */
  intact?: true;
}

/** Gives what puts the person's rows back, as from a backup. */
async function keepRows({ org, user, intact }: Backup): Promise<() => Promise<void>> {
  const { database } = installation;
  const tables = { owner_keys: 'owner', secrets: 'owner', subject_keys: 'subject' };
  const kept = intact === true ? Object.entries(tables) : Object.entries(tables).slice(0, 2);
  for (const [table, whose] of kept)
    await database.query(
      `CREATE TEMPORARY TABLE kept_${table} AS SELECT * FROM ${table} WHERE ${whose} = $1`,
      [user],
    );
  return async () => {
    if (intact !== true) await database.query('UPDATE kept_owner_keys SET wrapped = $1', [randomBytes(92)]);
    for (const [table] of kept) {
      await database.query(`INSERT INTO ${table} SELECT * FROM kept_${table}`);
      await database.query(`DROP TABLE kept_${table}`);
    }
    expect((await rows(org))['owner_keys']).toBe(2);
  };
}

describe('a replica that erases', () => {
  it('wipes the keys that it has unwrapped before it answers', async () => {
    const { org, user, first } = await peopled();
    expect(await opened(org, first)).toBe(VALUE);
    const restore = await keepRows({ org, user });
    await erase(org, 'subject', user);
    await restore();
    await expect(opened(org, first)).rejects.toMatchObject({ code: 'DECRYPTION_FAILED' });
  });
});

describe('several replicas', () => {
  beforeAll(async () => {
    await installation.startReplica();
  }, 30_000);

  it('forget a person altogether: nothing opens, on no replica, and nothing comes back', async () => {
    verifies('B5', 'H6');
    const { org, user, first, second, shared, state } = await peopled();
    // By then both have unwrapped the person's key.
    for (let n = 0; n < 16; n += 1)
      expect([await opened(org, first), await state()]).toEqual([VALUE, 'opened']);
    expect(await rows(org)).toEqual({ secrets: 3, owner_keys: 2, subject_keys: 1 });
    const restore = await keepRows({ org, user });

    const request = order(org, 'subject', user);
    expect(await send(request)).toEqual({ secrets: 2, ownerKeys: 1, subjectKeys: 1 });
    expect(await rows(org)).toEqual({ secrets: 1, owner_keys: 1, subject_keys: 0 });
    for (let n = 0; n < 8; n += 1) {
      expect([await opened(org, first), await opened(org, second), await state()]).toEqual([
        null,
        null,
        'erased',
      ]);
    }
    expect(await opened(org, shared)).toBe(VALUE);
    const refused = { code: 'FAILED_PRECONDITION', details: { reason: 'erased' } };
    await expect(control.put(org, first, VALUE)).rejects.toMatchObject(refused);
    await expect(control.caller.call(VERBS.createSubjectKey, { org, subject: user })).rejects.toMatchObject(
      refused,
    );
    expect(await rows(org)).toEqual({ secrets: 1, owner_keys: 1, subject_keys: 0 });

    // Control's barrier: what any replica still holds unwrapped is of no use either.
    const position = installation.leases.change([org]);
    await eventually(() => expect(installation.leases.acknowledged).toBeGreaterThanOrEqual(position));
    await restore();
    // A replica that has not asked audit lately does not even try.
    const shut = { code: expect.stringMatching(/^(DECRYPTION_FAILED|CREDENTIAL_SUSPENDED)$/) };
    for (let n = 0; n < 8; n += 1) await expect(opened(org, first)).rejects.toMatchObject(shut);
    // An older database was restored: the order can be given again, and destroys what it brought back.
    expect(await erase(org, 'subject', user)).toEqual({ secrets: 2, ownerKeys: 1, subjectKeys: 0 });
  });

  it('open nothing of an erased person when an older database has been restored', async () => {
    verifies('B5');
    const { org, user, first, state } = await peopled();
    const restore = await keepRows({ org, user, intact: true });
    await erase(org, 'subject', user);
    await eventually(() => {
      const destroyed = installation.audit.of('subjectKey.destroyed').filter((it) => it.org === org);
      expect(destroyed).toEqual([
        expect.objectContaining({ data: expect.objectContaining({ subject: user }) }),
      ]);
    });
    await restore();
    await installation.database.query('DELETE FROM erasures WHERE org_id = $1', [org]);
    expect(await rows(org)).toEqual({ secrets: 3, owner_keys: 2, subject_keys: 1 });
    for (let n = 0; n < 4; n += 1) {
      expect(await state()).toBe('erased');
      await expect(opened(org, first)).rejects.toMatchObject({ code: 'CREDENTIAL_SUSPENDED' });
    }
    // Asked of somebody else while audit does not say, nothing opens either.
    const other = await peopled();
    installation.audit.silentAboutRecords = true;
    try {
      await expect(other.state()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    } finally {
      installation.audit.silentAboutRecords = false;
    }
    expect(await other.state()).toBe('opened');
  });

  it('certify what was destroyed, by whose order; asked again they find nothing to certify', async () => {
    verifies('B5');
    const { org, user, first, second } = await peopled();
    const ids = (await control.list(org)).filter((it) => it.owner === user).map((it) => it.secretId);
    const request = order(org, 'subject', user);
    await send(request);
    expect(await erase(org, 'subject', user)).toEqual({ secrets: 0, ownerKeys: 0, subjectKeys: 0 });
    await erase(org, 'server', newId());
    // The outbox keeps the order: what was written last has arrived last.
    await eventually(() =>
      expect(certificates(org).map((it) => it.target?.type)).toEqual(['user', 'server']),
    );
    const { sub, call } = claimsIn(request.grant) as { sub: string; call: string };
    const { recordId: intent, gh: grant } = claimsIn(request.receipt) as { recordId: string; gh: string };
    expect(certificates(org)[0]).toMatchObject({
      actor: { kind: 'user', id: sub },
      target: { type: 'user', id: user },
      data: {
        what: 'subject',
        secrets: 2,
        secretIds: expect.arrayContaining(ids),
        secretsByKek: { 'local-1': 2 },
        ownerKeys: [{ keyId: expect.any(String), version: 1, kekId: 'local-1' }],
        subjectKeys: [expect.any(String)],
        ...{ grant, call, intent },
      },
    });
    const deleted = installation.audit.of('secret.deleted').filter((it) => it.org === org);
    expect(deleted.map((it) => it.data['srv']).sort()).toEqual([first.srv, second.srv].sort());
    expect(deleted.every((it) => it.data['call'] === call)).toBe(true);
  });

  it('forget a server: whoever owned the credentials, and only its', async () => {
    verifies('H6');
    const { org, user, first, second, shared, state } = await peopled();
    const { srv } = first;
    const ofAll = await put(org, { srv });
    expect(await erase(org, 'server', srv)).toEqual({ secrets: 2, ownerKeys: 0, subjectKeys: 0 });
    expect([await opened(org, first), await opened(org, ofAll)]).toEqual([null, null]);
    expect([await opened(org, second), await opened(org, shared)]).toEqual([VALUE, VALUE]);
    await expect(control.put(org, ofAll, VALUE)).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
    expect(await state()).toBe('opened');
    expect((await control.list(org)).map((it) => it.owner).sort()).toEqual([user, org].sort());
  });

  it('forget the credentials of a user who was removed, and leave what is sealed to the person', async () => {
    const { org, user, first, second, shared, state } = await peopled();
    expect(await erase(org, 'user', user)).toEqual({ secrets: 2, ownerKeys: 0, subjectKeys: 0 });
    expect([await opened(org, first), await opened(org, second)]).toEqual([null, null]);
    expect(await opened(org, shared)).toBe(VALUE);
    await expect(control.put(org, first, VALUE)).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
    expect(await state()).toBe('opened');
  });

  it('destroy what is being stored at that moment too', async () => {
    const { database } = installation;
    const org = newId();
    const before = await put(org, {});
    const target = targetOf({ owner: org });
    // The same place, not committed yet: whoever stores there has passed every check, and waits.
    await database.query('BEGIN');
    await database.query(
      `INSERT INTO secrets SELECT org_id, $2, owner_kind, owner, $3, slot, dst, version, key_id, key_version, envelope, last4,
         suspended, created_at, updated_at FROM secrets WHERE org_id = $1 AND srv = $4`,
      [org, newId(), target.srv, before.srv],
    );
    const storing = control.put(org, target, VALUE);
    const waiting = async (type: string) => {
      const sql = 'SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = $1';
      expect((await database.query(sql, [type])).rowCount).toBe(1);
    };
    let erasing: Promise<EraseReply>;
    try {
      await eventually(() => waiting('transactionid'));
      erasing = erase(org, 'server', target.srv);
      await eventually(() => waiting('advisory'));
    } finally {
      await database.query('ROLLBACK');
    }
    await storing;
    expect(await erasing).toMatchObject({ secrets: 1 });
    expect(await opened(org, target)).toBeNull();
  });
});

describe('an erasure', () => {
  it('needs an order for exactly it, once, with its receipt', async () => {
    verifies('B2');
    const { org, user, first } = await peopled();
    const good = order(org, 'subject', user);
    const denied = { code: 'FORBIDDEN' };
    const refused: [EraseRequest, object][] = [
      [{ ...good, arguments: { what: 'subject', id: newId() } }, denied],
      [{ ...good, arguments: { what: 'user', id: user } }, denied],
      [{ ...good, receipt: order(org, 'subject', user).receipt }, denied],
      [order(org, 'subject', user, { op: 'secret.deleteUser' }), denied],
      [order(org, 'subject', user, { op: 'kek.rotate' }), denied],
      [{ ...good, grant: installation.issuer.grants({ org }).audit }, { code: 'UNAUTHENTICATED' }],
      [{ ...good, grant: forged(good.grant) }, { code: 'UNAUTHENTICATED' }],
    ];
    for (const [request, code] of refused) await expect(send(request)).rejects.toMatchObject(code);
    // Of another organisation it reaches nobody here.
    expect(await erase(newId(), 'subject', user)).toEqual({ secrets: 0, ownerKeys: 0, subjectKeys: 0 });
    for (const service of ['gateway', 'policy', 'audit'] as const) {
      const other = await installation.caller(service);
      await expect(other.call(VERBS.erase, good)).rejects.toMatchObject({
        code: expect.stringMatching(/UNAUTHENTICATED|UNAVAILABLE/),
      });
    }
    expect(await opened(org, first)).toBe(VALUE);
    await send(good);
    await expect(send(good)).rejects.toMatchObject({ code: 'GRANT_CONSUMED' });
  });

  it('opens and stores nothing by its grant', async () => {
    const { org, first } = await peopled();
    const { srv, dst } = { srv: null, dst: null };
    const asErasure = gateway.request({ org, op: 'secret.deleteServer', srv, slug: null, dst });
    await expect(gateway.open(asErasure)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const changes = { op: 'secret.deleteServer' as const, srv, slug: null, dst };
    await expect(control.put(org, first, VALUE, changes)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('is the only way for the service to lose a key', async () => {
    const { org, user } = await peopled();
    const { app } = installation;
    const gone = async (what: string): Promise<number[]> => {
      await app.query('BEGIN');
      try {
        await app.query(`SELECT set_config('app.org_id', $1, true)`, [org]);
        await app.query(`INSERT INTO erasures VALUES ($1, $2, $3, now(), '', '')`, [org, what, user]);
        await app.query('DELETE FROM secrets');
        const subjects = await app.query('DELETE FROM subject_keys');
        const owners = await app.query('DELETE FROM owner_keys');
        return [subjects.rowCount ?? 0, owners.rowCount ?? 0];
      } finally {
        await app.query('ROLLBACK');
      }
    };
    expect(await gone('user')).toEqual([0, 0]);
    // The person's, and not the organisation's.
    expect(await gone('subject')).toEqual([1, 1]);
  });
});

/** In policy's name, with what control has. */
function forged(grant: string): string {
  const { issuer } = installation;
  return issuer.forged('pc-grant+jwt', claimsIn(grant), 'control', issuer.policy);
}

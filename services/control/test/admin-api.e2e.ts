import { connect } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AppError, b64u, canonicalBytes, fromB64u, hpkeSeal, VERBS } from '@portcullis/contracts';
import { eventually } from '@portcullis/platform/testing';
import { verifies } from '../../../tools/verifies.js';
import {
  bootstrap,
  createTenant,
  startFixture,
  superuser,
  type ControlFixture,
  type Tenant,
} from './control-fixture.js';

let fixture: ControlFixture;
let home: Tenant;

const SECRET = 'upstream-credential-canary-7f3a';

beforeAll(async () => {
  fixture = await startFixture();
  home = await bootstrap(fixture);
  const slots = [
    { slot: 'token', owner: 'organisation', prefix: 'Bearer ' },
    { slot: 'personal', owner: 'user', header: 'X-Api-Key' },
  ];
  const body = { slug: 'notes', name: 'Notes', url: 'https://mcp.example.com/mcp', slots };
  await fixture.api('POST', '/api/servers', { key: home.key, body });
}, 60_000);
afterAll(() => fixture?.stop());

/** As a client does it: from what the API says, and nothing else. */
async function seal(key: string, slot: string, owner: string, value = SECRET) {
  const { body } = await fixture.api('GET', `/api/vault/key?server=notes&slot=${slot}&owner=${owner}`, {
    key,
  });
  const aad = canonicalBytes(body.target);
  expect(b64u(aad)).toBe(body.aadBase64url);
  const { enc, ciphertext } = hpkeSeal({
    recipientPublicKey: fromB64u(body.publicKey),
    info: body.info,
    aad,
    plaintext: Buffer.from(value),
  });
  return { kid: body.kid, enc: b64u(enc), ciphertext: b64u(ciphertext) };
}

const put = async (slot: string, owner: string, key = home.key) =>
  fixture.api('PUT', `/api/servers/notes/secrets/${slot}`, {
    key,
    body: { owner, sealed: await seal(key, slot, owner) },
  });

async function member(name: string, scopes: string[]): Promise<{ user: string; key: string }> {
  const { body: user } = await fixture.api('POST', '/api/users', { key: home.key, body: { name } });
  const body = { name: 'k', scopes };
  const { body: key } = await fixture.api('POST', `/api/users/${user.user}/keys`, { key: home.key, body });
  return { user: user.user, key: key.secret };
}

describe('secrets', () => {
  it('arrive at the vault without anybody on the way reading them, recorded before and after', async () => {
    const stored = await put('token', 'organisation');
    expect(stored).toMatchObject({
      status: 200,
      body: { slot: 'token', version: 1, last4: SECRET.slice(-4) },
    });
    expect([...fixture.vault.secrets.values()].map(({ value }) => value)).toEqual([SECRET]);
    const intents = [...fixture.audit.entries.values()].filter(({ kind }) => kind === 'intent');
    expect(intents).toHaveLength(1);
    const concluded = await eventually(() => {
      const fact = fixture.audit
        .facts(home.org)
        .find(({ action }) => action === 'control.secret_put_concluded');
      expect(fact).toBeDefined();
      return fact;
    });
    expect(concluded?.data).toMatchObject({
      result: 'success',
      intent: intents[0]?.recordId,
      owner: home.org,
    });
    const everything = JSON.stringify([...fixture.audit.entries.values()]) + fixture.log();
    expect(everything).not.toContain(SECRET);
  });

  it('are listed as metadata only', async () => {
    verifies('H4');
    const { body } = await fixture.api('GET', '/api/servers/notes/secrets', { key: home.key });
    expect(body.secrets).toHaveLength(1);
    expect(body.secrets[0]).toMatchObject({
      slot: 'token',
      last4: SECRET.slice(-4),
      createdAt: expect.any(String),
    });
    expect(JSON.stringify(body)).not.toContain(SECRET);
  });

  it('in clear are refused with the reason, and go no further', async () => {
    const body = { owner: 'organisation', value: SECRET };
    const refused = await fixture.api('PUT', '/api/servers/notes/secrets/token', { key: home.key, body });
    expect(refused.status).toBe(400);
    const fault = refused.body.details.faults.find(({ where }: { where: string }) => where === 'body.value');
    expect(fault.what).toContain('portcullis secrets put');
    expect(JSON.stringify(refused.body) + fixture.log()).not.toContain(SECRET);
  });

  it('of a member are kept by that member, and by nobody else', async () => {
    const own = await member('Mia', ['credentials']);
    const stored = await put('personal', 'user', own.key);
    expect(stored).toMatchObject({ status: 200, body: { owner: own.user, ownerKind: 'user' } });
    const { body: target } = await fixture.api(
      'GET',
      '/api/vault/key?server=notes&slot=token&owner=organisation',
      { key: own.key },
    );
    expect(target.target.org).toBe(home.org);
    expect(await put('token', 'organisation', own.key)).toMatchObject({
      status: 403,
      body: { details: { rule: 'not-an-admin' } },
    });
    const noScope = await member('Nia', ['mcp']);
    expect((await fixture.api('GET', '/api/vault/key', { key: noScope.key })).status).toBe(403);
  });

  it('are not touched when audit or policy is away, or the vault refuses', async () => {
    const calls = () => fixture.vault.responder.of(VERBS.putSecret).length;
    const before = calls();
    fixture.policy.responder.failNext(VERBS.authorizeAdmin, new AppError('UNAVAILABLE', 'away'));
    expect((await fixture.api('GET', '/api/servers/notes/secrets', { key: home.key })).status).toBe(503);
    // A member's sealed value, so that the next append that fails is the intent.
    const sealed = await seal(home.key, 'token', 'organisation');
    const body = { owner: 'organisation', sealed };
    await eventually(async () => expect(await openFacts()).toBe(0));
    fixture.audit.responder.failNext(VERBS.append, new AppError('UNAVAILABLE', 'away'));
    const unrecorded = await fixture.api('PUT', '/api/servers/notes/secrets/token', { key: home.key, body });
    expect(unrecorded).toMatchObject({ status: 503, body: { code: 'AUDIT_UNAVAILABLE' } });
    expect(calls()).toBe(before);
    fixture.vault.responder.failNext(
      VERBS.putSecret,
      new AppError('KEY_UNAVAILABLE', 'The key provider is away.'),
    );
    const failed = await fixture.api('PUT', '/api/servers/notes/secrets/token', { key: home.key, body });
    expect(failed).toMatchObject({ status: 503, body: { code: 'KEY_UNAVAILABLE' } });
    await eventually(() => {
      const results = fixture.audit
        .facts(home.org)
        .map(({ data }) => `${String(data['result'])} ${String(data['error'])}`);
      expect(results).toContain('failure KEY_UNAVAILABLE');
    });
  });

  it('sealed for another place do not open', async () => {
    const body = { owner: 'organisation', sealed: await seal(home.key, 'personal', 'user') };
    const refused = await fixture.api('PUT', '/api/servers/notes/secrets/token', { key: home.key, body });
    expect(refused.body.code).toBe('DECRYPTION_FAILED');
  });

  it('can be deleted, which says whether there was one', async () => {
    const path = '/api/servers/notes/secrets/token?owner=organisation';
    expect((await fixture.api('DELETE', path, { key: home.key })).body).toEqual({ deleted: true });
    expect((await fixture.api('DELETE', path, { key: home.key })).body).toEqual({ deleted: false });
  });
});

describe('audit', () => {
  it('records are filtered, paged, and those of the organisation of the key', async () => {
    const other = await createTenant(fixture, home, 'Other Ltd');
    await eventually(() => expect(fixture.audit.facts(other.org).length).toBeGreaterThan(0));
    const { body } = await fixture.api('GET', '/api/audit/records?action=server.connected&limit=10', {
      key: home.key,
    });
    expect(body.records).toHaveLength(1);
    expect(body.records[0].record).toMatchObject({ org: home.org, action: { op: 'server.connected' } });
    expect(body.next).toBe('page-2');
    const theirs = await fixture.api('GET', '/api/audit/records', { key: other.key });
    expect(JSON.stringify(theirs.body)).not.toContain(home.org);
    expect((await fixture.api('GET', '/api/audit/records?limit=501', { key: home.key })).status).toBe(400);
    expect((await fixture.api('GET', `/api/audit/records?org=${home.org}`, { key: other.key })).status).toBe(
      400,
    );
  });

  it('exports stream, whole and in order', async () => {
    fixture.audit.chunks = ['a,b\r\n', '1,2\r\n', '3,4\r\n'];
    const answer = await fixture.api('GET', '/api/audit/export?format=csv', { key: home.key });
    expect(answer).toMatchObject({ status: 200, body: 'a,b\r\n1,2\r\n3,4\r\n' });
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(answer.headers.get('content-disposition')).toContain('attachment');
    await eventually(() =>
      expect(fixture.audit.facts(home.org).map(({ action }) => action)).toContain('audit.exported'),
    );
  });

  it('exports that fail at once are errors; those that fail later break the connection off', async () => {
    const fail = (): string => {
      throw new AppError('UNAVAILABLE', 'away');
    };
    fixture.audit.chunks = [fail];
    expect((await fixture.api('GET', '/api/audit/export?format=jsonl', { key: home.key })).status).toBe(503);
    fixture.audit.chunks = ['{"n":1}\n', fail];
    const response = await fetch(`${fixture.url}/api/audit/export?format=jsonl`, {
      headers: { authorization: `Bearer ${home.key}` },
    });
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
  });

  it('exports end when the right to them does', async () => {
    const temporary = await fixture.api('POST', `/api/users/${home.admin}/keys`, {
      key: home.key,
      body: { name: 'k', scopes: ['admin'] },
    });
    const { key, secret } = temporary.body;
    fixture.audit.chunks = [
      '1\n',
      () => '2\n'.repeat(200_000),
      ...Array<string>(50).fill('3\n'.repeat(200_000)),
    ];
    fixture.audit.asked = 0;
    const response = await fetch(`${fixture.url}/api/audit/export?format=jsonl`, {
      headers: { authorization: `Bearer ${secret}` },
    });
    expect(response.status).toBe(200);
    expect((await fixture.api('DELETE', `/api/keys/${key}`, { key: home.key })).status).toBe(204);
    await expect(response.text()).rejects.toThrow();
  });

  it('exports wait for a client that does not read', async () => {
    fixture.audit.chunks = Array<string>(300).fill('x'.repeat(400_000));
    fixture.audit.asked = 0;
    const socket = connect(Number(new URL(fixture.url).port), '127.0.0.1');
    socket.pause();
    socket.write(
      `GET /api/audit/export?format=csv HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${home.key}\r\n\r\n`,
    );
    await once(socket, 'connect');
    // Socket buffers of both sides fill, then nobody asks for more: the count stands still well before the end.
    let last = -1;
    await eventually(
      async () => {
        const now = fixture.audit.asked;
        const still = now === last && now > 0;
        last = now;
        expect(still).toBe(true);
      },
      { deadlineMs: 20_000, intervalMs: 500 },
    );
    expect(fixture.audit.asked).toBeLessThan(100);
    socket.destroy();
  });
});

/** How many facts have not reached audit. */
async function openFacts(): Promise<number> {
  const database = await superuser(fixture);
  const rows = await database.query('SELECT 1 FROM control.outbox');
  await database.destroy();
  return rows.length;
}

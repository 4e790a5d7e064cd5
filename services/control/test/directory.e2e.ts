import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AppError, generateApiKey, VERBS } from '@portcullis/contracts';
import { catalogueFaults, connectDatabase } from '@portcullis/platform';
import { eventually } from '@portcullis/platform/testing';
import { verifies } from '../../../tools/verifies.js';
import { CATALOGUE } from '../src/database/schema.js';
import {
  bootstrap,
  BOOTSTRAP_TOKEN,
  createTenant,
  startFixture,
  superuser,
  type ControlFixture,
  type Tenant,
} from './control-fixture.js';

let fixture: ControlFixture;
let home: Tenant;

beforeAll(async () => {
  fixture = await startFixture();
}, 60_000);
afterAll(() => fixture?.stop());

const founding = { name: 'Acme', admin: { name: 'Ada Admin', email: 'ada@acme.example' } };

describe('bootstrap', () => {
  it('needs the one-time token, and says nothing to anybody else', async () => {
    const wrong = await fixture.api('POST', '/api/bootstrap', { key: 'not-the-token', body: founding });
    expect(wrong).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED' } });
    expect(wrong.headers.get('www-authenticate')).toContain('Bearer');
    expect((await fixture.api('POST', '/api/bootstrap', { body: founding })).status).toBe(401);
    expect(fixture.policy.commands).toEqual([]);
  });

  it('is completed by the same request when policy failed half-way, and then works never again', async () => {
    fixture.policy.responder.failNext(VERBS.policyCommand, new AppError('UNAVAILABLE', 'away'));
    const half = await fixture.api('POST', '/api/bootstrap', { key: BOOTSTRAP_TOKEN, body: founding });
    expect(half.status).toBe(503);
    // The answer gets lost after policy has registered the organisation.
    fixture.policy.responder.failNext(
      VERBS.policyCommand,
      new AppError('DEADLINE_EXCEEDED', 'lost'),
      'after',
    );
    expect(
      (await fixture.api('POST', '/api/bootstrap', { key: BOOTSTRAP_TOKEN, body: founding })).status,
    ).toBe(504);
    // Two at once: one founds, the other one comes too late.
    const [one, other] = await Promise.allSettled([bootstrap(fixture), bootstrap(fixture)]);
    expect([one.status, other.status].sort()).toEqual(['fulfilled', 'rejected']);
    const [winner] = [one, other].filter((result) => result.status === 'fulfilled');
    home = (winner as PromiseFulfilledResult<Tenant>).value;
    expect(fixture.policy.organisations.get(home.org)?.members.get(home.admin)).toEqual(new Set(['admin']));
    const again = await fixture.api('POST', '/api/bootstrap', { key: BOOTSTRAP_TOKEN, body: founding });
    expect(again).toMatchObject({ status: 409, body: { code: 'ALREADY_EXISTS' } });
    expect(fixture.policy.organisations.size).toBe(1);
  });

  it('shows the admin key once: no answer and no table has it afterwards', async () => {
    verifies('G4', 'S2');
    expect(home.key).toMatch(/^pcl_[0-9A-Z]{26}_[0-9A-Za-z]{33}$/);
    const secret = home.key.slice(home.key.lastIndexOf('_') + 1);
    const listed = await fixture.api('GET', `/api/users/${home.admin}/keys`, { key: home.key });
    expect(listed.body.keys).toHaveLength(1);
    expect(JSON.stringify(listed.body)).not.toMatch(/argon2|hash/);
    expect(JSON.stringify(listed.body)).not.toContain(secret);
    const database = await superuser(fixture);
    const rows = await database.query('SELECT k::text AS text FROM control.api_keys k');
    await database.destroy();
    expect(rows[0].text).toContain('$argon2id$v=19$m=19456,t=2,p=1$');
    expect(rows[0].text).not.toContain(secret);
    expect(fixture.log()).not.toContain(secret);
  });
});

describe('users', () => {
  it('come and go: member in policy before they are active, out of policy before they are removed', async () => {
    const created = await createUser('Mia Member', 'mia@acme.example');
    expect(created).toMatchObject({
      status: 201,
      body: { name: 'Mia Member', status: 'active', kind: 'user' },
    });
    const path = `/api/users/${created.body.user}`;
    expect(fixture.policy.organisations.get(home.org)?.members.has(created.body.user)).toBe(true);
    expect((await fixture.api('GET', path, { key: home.key })).body).toEqual(created.body);
    expect((await createUser('Other Mia', 'MIA@acme.example')).body.code).toBe('ALREADY_EXISTS');
    expect((await fixture.api('DELETE', path, { key: home.key })).status).toBe(204);
    expect(fixture.policy.organisations.get(home.org)?.members.has(created.body.user)).toBe(false);
    expect((await fixture.api('GET', path, { key: home.key })).body).toMatchObject({
      status: 'removed',
      email: null,
    });
    expect((await fixture.api('DELETE', path, { key: home.key })).status).toBe(204);
    expect((await createUser('Mia again', 'mia@acme.example')).status).toBe(201);
  });

  it('are not usable half-way, and the request sent again completes them', async () => {
    fixture.policy.responder.failNext(VERBS.policyCommand, new AppError('UNAVAILABLE', 'away'));
    expect((await createUser('Half Way', 'half@acme.example')).status).toBe(503);
    const pending = (await users()).find(({ name }) => name === 'Half Way');
    expect(pending?.status).toBe('pending');
    const key = { name: 'laptop' };
    const early = await fixture.api('POST', `/api/users/${pending?.user}/keys`, { key: home.key, body: key });
    expect(early).toMatchObject({ status: 412, body: { code: 'FAILED_PRECONDITION' } });
    const completed = await createUser('Half Way', 'half@acme.example');
    expect(completed.body).toMatchObject({ user: pending?.user, status: 'active' });
    expect((await users()).filter(({ name }) => name === 'Half Way')).toHaveLength(1);
  });

  it('that are removed lose every key at once, even when control fails after policy', async () => {
    verifies('D9');
    const { body: user } = await createUser('Leaver', 'leaver@acme.example');
    const { body: key } = await createKey(user.user, ['admin', 'mcp']);
    expect((await fixture.api('GET', '/api/vault/key', { key: key.secret })).status).toBe(200);
    fixture.policy.responder.failNext(
      VERBS.policyCommand,
      new AppError('DEADLINE_EXCEEDED', 'lost'),
      'after',
    );
    expect((await fixture.api('DELETE', `/api/users/${user.user}`, { key: home.key })).status).toBe(504);
    // Policy has the fact already: whatever the key could do is denied.
    const denied = await fixture.api('GET', '/api/users', { key: key.secret });
    expect(denied).toMatchObject({
      status: 403,
      body: { code: 'DENIED_BY_POLICY', details: { rule: 'not-a-member' } },
    });
    expect((await fixture.api('DELETE', `/api/users/${user.user}`, { key: home.key })).status).toBe(204);
    expect((await fixture.api('GET', '/api/users', { key: key.secret })).status).toBe(401);
    const revoked = fixture.policy.commands.filter(({ type }) => type === 'RevokeCredential');
    expect(revoked).toContainEqual({ type: 'RevokeCredential', sid: key.key, generation: 1 });
  });

  it('keep the last admin', async () => {
    const refused = await fixture.api('DELETE', `/api/users/${home.admin}`, { key: home.key });
    expect(refused).toMatchObject({ status: 412, body: { code: 'FAILED_PRECONDITION' } });
    expect((await fixture.api('GET', '/api/users', { key: home.key })).status).toBe(200);
  });

  it('without the role admin administer nothing, and are told rule, revision and how to ask', async () => {
    verifies('H2');
    const { body: user } = await createUser('Plain', 'plain@acme.example');
    const { body: key } = await createKey(user.user, ['admin']);
    const denied = await fixture.api('POST', '/api/users', { key: key.secret, body: { name: 'Mallory' } });
    expect(denied).toMatchObject({
      status: 403,
      body: { code: 'DENIED_BY_POLICY', details: { rule: 'not-an-admin', revision: expect.any(Number) } },
    });
    expect(denied.body.details.howToAsk).toContain('admin');
    expect(denied.headers.get('content-type')).toContain('application/problem+json');
    const denials = [...fixture.audit.entries.values()].filter(({ kind }) => kind === 'denial');
    expect(denials.length).toBeGreaterThan(0);
    await fixture.api('PUT', `/api/users/${user.user}/roles/admin`, { key: home.key });
    const { status } = await fixture.api('POST', '/api/users', {
      key: key.secret,
      body: { name: 'Welcome' },
    });
    expect(status).toBe(201);
  });
});

describe('keys', () => {
  it('are replaced at once: the old secret is dead before the answer, in control and in policy', async () => {
    verifies('G4');
    const { body: key } = await createKey(home.admin, ['admin']);
    expect((await fixture.api('GET', '/api/users', { key: key.secret })).status).toBe(200);
    const { body: next } = await fixture.api('POST', `/api/keys/${key.key}/regenerate`, { key: home.key });
    expect(next).toMatchObject({ key: key.key, generation: 2 });
    expect(next.secret).not.toBe(key.secret);
    expect(fixture.policy.organisations.get(home.org)?.revoked.get(key.key)).toBe(1);
    expect((await fixture.api('GET', '/api/users', { key: key.secret })).status).toBe(401);
    expect((await fixture.api('GET', '/api/users', { key: next.secret })).status).toBe(200);
  });

  it('that were being replaced when policy answered too late are dead, and the request can be repeated', async () => {
    const { body: key } = await createKey(home.admin, ['admin']);
    fixture.policy.responder.failNext(
      VERBS.policyCommand,
      new AppError('DEADLINE_EXCEEDED', 'lost'),
      'after',
    );
    expect((await fixture.api('POST', `/api/keys/${key.key}/regenerate`, { key: home.key })).status).toBe(
      504,
    );
    const denied = await fixture.api('GET', '/api/users', { key: key.secret });
    expect(denied.body.details.rule).toBe('credential-revoked');
    const { body: next } = await fixture.api('POST', `/api/keys/${key.key}/regenerate`, { key: home.key });
    expect((await fixture.api('GET', '/api/users', { key: next.secret })).status).toBe(200);
  });

  it('that are replaced by two at once have one secret that works: the last', async () => {
    const { body: key } = await createKey(home.admin, ['admin']);
    const path = `/api/keys/${key.key}/regenerate`;
    const both = await Promise.all([1, 2].map(() => fixture.api('POST', path, { key: home.key })));
    const made = both.map(({ body }) => body as { generation: number; secret: string });
    expect(made.map(({ generation }) => generation).sort()).toEqual([2, 3]);
    for (const { generation, secret } of made) {
      const { status } = await fixture.api('GET', '/api/users', { key: secret });
      expect([generation, status]).toEqual([generation, generation === 3 ? 200 : 401]);
    }
  });

  it('that are revoked stay revoked', async () => {
    const { body: key } = await createKey(home.admin, ['admin']);
    expect((await fixture.api('DELETE', `/api/keys/${key.key}`, { key: home.key })).status).toBe(204);
    expect((await fixture.api('GET', '/api/users', { key: key.secret })).status).toBe(401);
    expect((await fixture.api('DELETE', `/api/keys/${key.key}`, { key: home.key })).status).toBe(204);
    const regenerate = await fixture.api('POST', `/api/keys/${key.key}/regenerate`, { key: home.key });
    expect(regenerate.status).toBe(412);
  });

  it('do only what their scopes say, whoever holds them', async () => {
    const { body: key } = await createKey(home.admin, ['mcp']);
    const refused = await fixture.api('GET', '/api/users', { key: key.secret });
    expect(refused).toMatchObject({
      status: 403,
      body: { code: 'FORBIDDEN', details: { needed: 'admin', given: ['mcp'] } },
    });
  });
});

describe('another organisation', () => {
  it('is not reachable by any route: its users, keys and servers do not exist', async () => {
    verifies('H2', 'D3', 'P9');
    const other = await createTenant(fixture, home, 'Other Ltd');
    const { body: user } = await fixture.api('POST', '/api/users', {
      key: other.key,
      body: { name: 'Theirs' },
    });
    const { body: key } = await fixture.api('POST', `/api/users/${user.user}/keys`, {
      key: other.key,
      body: { name: 'k' },
    });
    const server = { slug: 'theirs', name: 'Theirs', url: 'https://mcp.other.example/mcp', slots: [] };
    expect((await fixture.api('POST', '/api/servers', { key: other.key, body: server })).status).toBe(201);

    const role = `/api/users/${user.user}/roles/admin`;
    const attempts: [string, string, unknown?][] = [
      ['GET', `/api/users/${user.user}`],
      ['DELETE', `/api/users/${user.user}`],
      ['GET', `/api/users/${user.user}/keys`],
      ['POST', `/api/users/${user.user}/keys`, { name: 'mine now' }],
      ['POST', `/api/keys/${key.key}/regenerate`],
      ['DELETE', `/api/keys/${key.key}`],
      ['PUT', role],
      ['DELETE', role],
      ['GET', '/api/servers/theirs'],
      ['PATCH', '/api/servers/theirs', { name: 'Mine' }],
      ['DELETE', '/api/servers/theirs'],
      ['PUT', '/api/servers/theirs/tools/t/label', { label: 'read' }],
      ['DELETE', '/api/servers/theirs/tools/t/label'],
      ['PUT', '/api/servers/theirs/tools/t/disabled', {}],
      ['DELETE', '/api/servers/theirs/tools/t/disabled'],
      ['GET', '/api/servers/theirs/secrets'],
      ['GET', '/api/vault/key?server=theirs&slot=token&owner=organisation'],
      ['DELETE', '/api/servers/theirs/secrets/token?owner=organisation'],
    ];
    for (const [method, path, body] of attempts) {
      const { status } = await fixture.api(method, path, { key: home.key, body });
      expect([method, path, status]).toEqual([method, path, 404]);
    }
    const organisations = await fixture.api('GET', '/api/organisations', { key: home.key });
    expect(organisations.body.organisations.map((one: { organisation: string }) => one.organisation)).toEqual(
      [home.org],
    );
    const seen = await fixture.api('GET', '/api/users', { key: home.key });
    expect(JSON.stringify(seen.body)).not.toContain(user.user);
    expect((await fixture.api('GET', '/api/servers', { key: home.key })).body.servers).toEqual([]);
    expect((await fixture.api('GET', `/api/users/${user.user}`, { key: other.key })).body).toEqual(user);
  });

  it('creates no organisations, and its names are taken', async () => {
    const third = await createTenant(fixture, home, 'Third Ltd');
    const body = { name: 'Fourth Ltd', admin: { name: 'F' } };
    const refused = await fixture.api('POST', '/api/organisations', { key: third.key, body });
    expect(refused).toMatchObject({ status: 403, body: { code: 'DENIED_BY_POLICY' } });
    const taken = await fixture.api('POST', '/api/organisations', {
      key: home.key,
      body: { ...body, name: 'third ltd' },
    });
    expect(taken).toMatchObject({ status: 409, body: { code: 'ALREADY_EXISTS' } });
  });

  it('may have the same slug', async () => {
    const fifth = await createTenant(fixture, home, 'Fifth Ltd');
    const server = { slug: 'theirs', name: 'Also', url: 'https://mcp.fifth.example/mcp' };
    expect((await fixture.api('POST', '/api/servers', { key: fifth.key, body: server })).status).toBe(201);
  });
});

describe('the database', () => {
  it('follows the storage rules, table by table', async () => {
    verifies('H2');
    const database = await superuser(fixture);
    expect(await catalogueFaults(database, CATALOGUE)).toEqual([]);
    await database.destroy();
  });

  it('shows nothing to a query without an organisation, and only one to a query with', async () => {
    verifies('D3');
    const app = await connectDatabase({
      url: fixture.database.appUrl,
      schema: 'control',
      applicationName: 'test',
    });
    for (const table of ['organisations', 'users', 'api_keys', 'servers', 'outbox']) {
      expect([table, await app.query(`SELECT * FROM ${table}`)]).toEqual([table, []]);
    }
    await expect(app.query('SELECT * FROM organisations_with_outbox()')).rejects.toThrow(/permission denied/);
    await expect(app.query('DELETE FROM users')).rejects.toThrow(/permission denied/);
    const found = await app.query('SELECT find_api_key($1) AS org', [home.key.split('_')[1]]);
    expect(found).toEqual([{ org: home.org }]);
    expect(await app.query('SELECT find_api_key($1) AS org', [generateApiKey().keyId])).toEqual([
      { org: null },
    ]);
    await app.destroy();
  });

  it('gives the relay the outbox and nothing else', async () => {
    const job = await connectDatabase({
      url: fixture.database.jobUrl,
      schema: 'control',
      applicationName: 'test',
    });
    for (const table of ['organisations', 'users', 'api_keys', 'servers']) {
      await expect(job.query(`SELECT * FROM ${table}`)).rejects.toThrow(/permission denied/);
    }
    await job.destroy();
  });
});

describe('facts', () => {
  it('reach audit once each, with persons sealed to their own key only', async () => {
    const before = fixture.audit.facts(home.org).length;
    const { body: user } = await createUser('Secretive Sam', 'sam@acme.example');
    await eventually(() => expect(fixture.audit.facts(home.org).length).toBeGreaterThan(before));
    const fact = fixture.audit.facts(home.org).find(({ target }) => target?.id === user.user);
    expect(fact).toMatchObject({ action: 'user.created', actor: { kind: 'user', id: home.admin } });
    expect(JSON.stringify(fact)).not.toMatch(/Sam|sam@|Ada|ada@|127\.0\.0\.1/);
    const opened = fact?.sealed.map((box) => fixture.vault.open(home.org, box));
    expect(opened).toEqual([
      expect.objectContaining({ name: 'Ada Admin', email: 'ada@acme.example', ip: '127.0.0.1' }),
      { name: 'Secretive Sam', email: 'sam@acme.example' },
    ]);
  });

  it('that audit refuses for good stay, marked and reported, and hold up nothing', async () => {
    fixture.audit.refusing.add('user.removed');
    const { body: user } = await createUser('Refused', 'refused@acme.example');
    await fixture.api('DELETE', `/api/users/${user.user}`, { key: home.key });
    const { body: next } = await createUser('Next', 'next@acme.example');
    const facts = () => fixture.audit.facts(home.org).map(({ target }) => target?.id);
    await eventually(() => expect(facts()).toContain(next.user));
    const database = await superuser(fixture);
    const rows = await eventually(async () => {
      const found = await database.query('SELECT refused, entry FROM control.outbox');
      expect(found).toHaveLength(1);
      expect(found[0].refused).toBe('FORBIDDEN');
      return found;
    });
    expect(rows[0].entry.target.id).toBe(user.user);
    expect(fixture.log()).toContain('audit refused a fact');
    await database.query('DELETE FROM control.outbox');
    await database.destroy();
    fixture.audit.refusing.clear();
  });

  it('wait while audit is away, and arrive afterwards', async () => {
    for (let i = 0; i < 3; i += 1)
      fixture.audit.responder.failNext(VERBS.append, new AppError('AUDIT_UNAVAILABLE', 'away'));
    const { body: user } = await createUser('Patient', 'patient@acme.example');
    await eventually(
      () => expect(fixture.audit.facts(home.org).some(({ target }) => target?.id === user.user)).toBe(true),
      { deadlineMs: 10_000 },
    );
    const database = await superuser(fixture);
    await eventually(async () => expect(await database.query('SELECT * FROM control.outbox')).toEqual([]));
    await database.destroy();
  });
});

async function createUser(name: string, email: string) {
  return fixture.api('POST', '/api/users', { key: home.key, body: { name, email } });
}

async function createKey(user: string, scopes: string[]) {
  return fixture.api('POST', `/api/users/${user}/keys`, {
    key: home.key,
    body: { name: 'Test key', scopes },
  });
}

async function users(): Promise<{ user: string; name: string; status: string }[]> {
  return (await fixture.api('GET', '/api/users?limit=500', { key: home.key })).body.users;
}

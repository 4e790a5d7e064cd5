import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  b64u,
  formatApiKey,
  generateApiKey,
  HINTS,
  sealMessage,
  sha256,
  VERBS,
  VerbCaller,
  verifyToken,
  type Keyring,
} from '@portcullis/contracts';
import { NatsRequester } from '@portcullis/platform';
import { eventually, testTrust } from '@portcullis/platform/testing';
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

beforeAll(async () => {
  fixture = await startFixture();
  home = await bootstrap(fixture);
}, 60_000);
afterAll(() => fixture?.stop());

const newSource = (): string => b64u(randomBytes(32));

/** A request as the gateway makes it, sealed to control. */
function sealed(keyring: Keyring, key: string, change: { nonce?: Buffer } = {}) {
  const nonce = randomBytes(32);
  const bound = sha256(nonce);
  const message = sealMessage({
    purpose: 'api-key',
    binding: bound,
    aad: bound,
    sender: keyring.sealKey(),
    recipient: keyring.sealKeyOf('control'),
    plaintext: Buffer.from(key),
  });
  return { nonce: b64u(change.nonce ?? nonce), sealed: b64u(message), source: newSource() };
}

const authenticate = (key: string, source: string = newSource()) =>
  fixture.gateway.call(VERBS.authenticate, { ...sealed(fixture.trust.keyring('gateway'), key), source });

async function newKey(scopes = ['mcp']): Promise<{ key: string; secret: string }> {
  const body = { name: 'k', scopes };
  return (await fixture.api('POST', `/api/users/${home.admin}/keys`, { key: home.key, body })).body;
}

describe('control.v1.authenticate', () => {
  it("says whose key it is, with an assertion that is good for a minute and for policy's eyes", async () => {
    const reply = await authenticate(home.key);
    expect(reply.principal).toMatchObject({ org: home.org, sub: home.admin, kind: 'user', gen: 1 });
    const policy = fixture.trust.keyring('policy');
    const claims = verifyToken(policy, 'pc-principal+jwt', 'control', reply.assertion, new Date());
    expect(claims).toMatchObject({ org: home.org, sub: home.admin, sid: home.key.split('_')[1], gen: 1 });
    expect(claims.exp - claims.iat).toBeLessThanOrEqual(60);
    const vault = fixture.trust.keyring('vault');
    expect(() => verifyToken(vault, 'pc-principal+jwt', 'control', reply.assertion, new Date())).toThrow();
  });

  it('says of the key of a service that no person acts', async () => {
    verifies('P8');
    const as = { key: home.key };
    const { body: robot } = await fixture.api('POST', '/api/users', {
      ...as,
      body: { name: 'Robot', kind: 'service' },
    });
    const path = `/api/users/${robot.user}/keys`;
    const { body: key } = await fixture.api('POST', path, { ...as, body: { name: 'k', scopes: ['mcp'] } });
    const { principal } = await authenticate(key.secret);
    expect(principal).toMatchObject({ org: home.org, sub: robot.user, kind: 'system' });
  });

  it('refuses every other key in the same words: wrong, unknown, of another installation, revoked, malformed', async () => {
    verifies('G4', 'S2');
    const id = home.key.split('_')[1] ?? '';
    const revoked = await newKey();
    await fixture.api('DELETE', `/api/keys/${revoked.key}`, { key: home.key });
    const keys = {
      wrong: formatApiKey(id, '0'.repeat(27)),
      unknown: generateApiKey().key.revealText(),
      revoked: revoked.secret,
      checksum: `${home.key.slice(0, -1)}${home.key.endsWith('0') ? '1' : '0'}`,
      malformed: 'pcl_nothing',
      empty: '',
    };
    const said = new Map<string, unknown>();
    for (const [name, key] of Object.entries(keys)) {
      const error = await authenticate(key).then(
        () => 'accepted',
        (thrown: Error & { code: string }) => `${thrown.code} ${thrown.message}`,
      );
      said.set(name, error);
    }
    expect(new Set(said.values())).toEqual(new Set([expect.stringMatching(/^UNAUTHENTICATED /)]));
    expect(said.size).toBe(6);
  });

  it('judges an unknown key by argon2id too, and a mistyped one not at all', async () => {
    const before = fixture.control.verifications();
    await expect(authenticate(generateApiKey().key.revealText())).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
    expect(fixture.control.verifications()).toBe(before + 1);
    await expect(authenticate(`${home.key.slice(0, -1)}!`)).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
    expect(fixture.control.verifications()).toBe(before + 1);
  });

  it('runs argon2id once for a key, not once per request, and still reads its authority each time', async () => {
    verifies('G4');
    const key = await newKey();
    const before = fixture.control.verifications();
    for (let i = 0; i < 20; i += 1) await authenticate(key.secret);
    expect(fixture.control.verifications()).toBe(before + 1);
    await fixture.api('DELETE', `/api/keys/${key.key}`, { key: home.key });
    await expect(authenticate(key.secret)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('limits guessing by source, but not the holders of good keys behind the same address', async () => {
    const source = newSource();
    const known = await newKey();
    await authenticate(known.secret, source);
    // All at once, so that time forgives little meanwhile.
    const guesses = Array.from({ length: 60 }, () => authenticate(generateApiKey().key.revealText(), source));
    const codes = (await Promise.allSettled(guesses)).map(
      (result) => result.status === 'rejected' && result.reason.code,
    );
    expect(codes).not.toContain(false);
    expect(codes.filter((code) => code === 'UNAUTHENTICATED').length).toBeGreaterThan(30);
    const unseen = await newKey();
    await expect(authenticate(unseen.secret, source)).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      details: { retryAfterSeconds: expect.any(Number) },
    });
    await expect(authenticate(known.secret, source)).resolves.toMatchObject({ principal: { org: home.org } });
    await expect(authenticate(unseen.secret, newSource())).resolves.toMatchObject({
      principal: { org: home.org },
    });
  });

  it('opens a sealed key only in the request it was sealed for, and only from the gateway', async () => {
    const moved = sealed(fixture.trust.keyring('gateway'), home.key, { nonce: randomBytes(32) });
    await expect(fixture.gateway.call(VERBS.authenticate, moved)).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
    // On the gateway's own connection: it is the key that counts, not the way to the broker.
    const audit = new VerbCaller(
      new NatsRequester(fixture.gatewayConnection),
      fixture.trust.keyring('audit'),
    );
    const good = sealed(fixture.trust.keyring('gateway'), home.key);
    await expect(audit.call(VERBS.authenticate, good)).rejects.toThrow();
    const foreign = testTrust();
    const stranger = new VerbCaller(new NatsRequester(fixture.gatewayConnection), foreign.keyring('gateway'));
    await expect(
      stranger.call(VERBS.authenticate, sealed(foreign.keyring('gateway'), home.key)),
    ).rejects.toThrow();
    // The answers are not believed either, so it is control that has to say that it refused all three.
    const refusals = fixture
      .log()
      .split('\n')
      .filter((line) => line.includes('request refused'));
    expect(refusals.slice(-3).map((line) => (JSON.parse(line) as { code: string }).code)).toEqual(
      Array(3).fill('UNAUTHENTICATED'),
    );
    foreign.clean();
  });

  it('never has the key on the wire, nor in its log', async () => {
    const capture = await fixture.nats.connectAsOperator();
    const seen: Buffer[] = [];
    capture.subscribe('>', { callback: (_error, message) => void seen.push(Buffer.from(message.data)) });
    await capture.flush();
    const key = await newKey();
    await authenticate(key.secret);
    await eventually(() => expect(seen.length).toBeGreaterThan(2));
    const secret = key.secret.slice(-33);
    const wire = Buffer.concat(seen).toString('latin1');
    expect(wire).toContain(home.org);
    expect(wire).not.toContain(secret);
    expect(wire).not.toContain(Buffer.from(secret).toString('base64url').slice(1, -3));
    expect(fixture.log()).not.toContain(secret);
    await capture.close();
  });

  it('notes the use of a key to the hour', async () => {
    const key = await newKey();
    await authenticate(key.secret);
    const used = await eventually(async () => {
      const { body } = await fixture.api('GET', `/api/users/${home.admin}/keys`, { key: home.key });
      const found = body.keys.find((one: { key: string }) => one.key === key.key);
      expect(found.lastUsedAt).not.toBeNull();
      return found.lastUsedAt as string;
    });
    expect(used).toMatch(/:00:00\.000Z$/);
  });
});

describe('control.v1.directory', () => {
  const server = {
    slug: 'notes',
    name: 'Notes',
    url: 'HTTPS://MCP.Example.COM:443/mcp?x=1',
    slots: [{ slot: 'token', owner: 'organisation', header: 'Authorization', prefix: 'Bearer ' }],
  };

  it('gives the servers of one organisation, with their canonical destination, and hints at changes', async () => {
    verifies('P9');
    const hints: string[] = [];
    fixture.gatewayConnection.subscribe(HINTS.changed.subject, {
      callback: (_error, message) => void hints.push(message.string()),
    });
    await fixture.gatewayConnection.flush();
    const created = await fixture.api('POST', '/api/servers', { key: home.key, body: server });
    expect(created).toMatchObject({
      status: 201,
      body: { dst: 'https://mcp.example.com', status: 'active' },
    });
    const { servers } = await fixture.gateway.call(VERBS.directory, { org: home.org });
    expect(servers).toEqual([
      {
        srv: created.body.srv,
        slug: 'notes',
        name: 'Notes',
        url: server.url,
        dst: 'https://mcp.example.com',
        slots: server.slots,
      },
    ]);
    await eventually(() => expect(hints).toEqual(['']));
    const other = await createTenant(fixture, home, 'Other Ltd');
    expect(await fixture.gateway.call(VERBS.directory, { org: other.org })).toEqual({ servers: [] });
  });

  it('tells policy of a new destination before the gateway can dial it, and hides what policy does not know', async () => {
    const { AppError } = await import('@portcullis/contracts');
    const moved = { url: 'https://elsewhere.example.net/mcp' };
    fixture.policy.responder.failNext(
      VERBS.policyCommand,
      new AppError('DEADLINE_EXCEEDED', 'lost'),
      'after',
    );
    expect((await fixture.api('PATCH', '/api/servers/notes', { key: home.key, body: moved })).status).toBe(
      504,
    );
    const destinations = () =>
      [...(fixture.policy.organisations.get(home.org)?.servers.values() ?? [])].map(({ dst }) => dst);
    const dialled = async () =>
      (await fixture.gateway.call(VERBS.directory, { org: home.org })).servers.map(({ dst }) => dst);
    // Grants name the new origin, the gateway would dial the old one: it compares, and refuses.
    expect(destinations()).toEqual(['https://elsewhere.example.net']);
    expect(await dialled()).toEqual(['https://mcp.example.com']);
    expect((await fixture.api('PATCH', '/api/servers/notes', { key: home.key, body: moved })).status).toBe(
      200,
    );
    expect(await dialled()).toEqual(['https://elsewhere.example.net']);

    fixture.policy.responder.failNext(VERBS.policyCommand, new AppError('UNAVAILABLE', 'away'));
    const half = { ...server, slug: 'half' };
    expect((await fixture.api('POST', '/api/servers', { key: home.key, body: half })).status).toBe(503);
    expect(await dialled()).toHaveLength(1);
    const again = { ...half, url: 'https://third.example.org/' };
    expect((await fixture.api('POST', '/api/servers', { key: home.key, body: again })).status).toBe(201);
    expect((await fixture.api('POST', '/api/servers', { key: home.key, body: again })).status).toBe(409);
    expect((await dialled()).sort()).toEqual(['https://elsewhere.example.net', 'https://third.example.org']);
    expect(destinations().sort()).toEqual(await dialled().then((all) => all.sort()));
  });

  it('forgets a deleted server, whose slug is free again and whose row stays', async () => {
    verifies('P9');
    expect((await fixture.api('DELETE', '/api/servers/half', { key: home.key })).status).toBe(204);
    expect((await fixture.api('GET', '/api/servers/half', { key: home.key })).status).toBe(404);
    const { servers } = await fixture.gateway.call(VERBS.directory, { org: home.org });
    expect(servers.map(({ slug }) => slug)).toEqual(['notes']);
    expect(
      (await fixture.api('POST', '/api/servers', { key: home.key, body: { ...server, slug: 'half' } }))
        .status,
    ).toBe(201);
    const database = await superuser(fixture);
    const rows = await database.query(
      `SELECT deleted_at FROM control.servers WHERE slug = 'half' ORDER BY created_at`,
    );
    await database.destroy();
    expect(rows).toEqual([{ deleted_at: expect.any(Date) }, { deleted_at: null }]);
  });

  it.each([
    ['http://user:password@mcp.example.com/', 'url'],
    ['ftp://mcp.example.com/', 'url'],
    ['https://mcp.example.com./', 'url'],
    ['not a url', 'url'],
  ])('refuses the URL %s', async (url) => {
    const refused = await fixture.api('POST', '/api/servers', {
      key: home.key,
      body: { slug: 'bad', name: 'Bad', url },
    });
    expect(refused).toMatchObject({
      status: 400,
      body: { code: 'INVALID_ARGUMENT', details: { faults: [{ where: 'body.url' }] } },
    });
    expect(JSON.stringify(refused.body)).not.toContain('password@');
  });

  it.each(['Host', 'Content-Length', 'Mcp-Session-Id', 'X-Forwarded-For', 'transfer-encoding'])(
    'puts no credential into the header %s',
    async (header) => {
      const slots = [{ slot: 'token', owner: 'organisation', header, prefix: '' }];
      const refused = await fixture.api('POST', '/api/servers', {
        key: home.key,
        body: { ...server, slug: 'bad', slots },
      });
      expect(refused.body.details.faults).toEqual([
        { where: 'body.slots.0.header', what: expect.any(String) },
      ]);
    },
  );
});

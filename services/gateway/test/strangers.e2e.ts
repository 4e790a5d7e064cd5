import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { generateApiKey, newId } from '@portcullis/contracts';
import { verifies } from '../../../tools/verifies.js';
import { callTool, modernRequest, rpc, send } from './clients.js';
import { Installation } from './installation.js';
import type { TestMember } from './stand-ins/control.js';
import { startScriptedServer } from './upstreams/scripted-server.js';
import type { RecordingServer } from './upstreams/recording-server.js';

const PAGE = 'https://app.example.com';

let installation: Installation;
let upstream: RecordingServer;
let member: TestMember;
let stranger: TestMember;

beforeAll(async () => {
  installation = await Installation.prepare();
  upstream = await startScriptedServer({ tools: ['read', 'write'] });
  member = installation.control.addMember(installation.org);
  stranger = installation.control.addMember(newId());
  installation.control.addServer(installation.org, { slug: 'notes', url: upstream.url });
  installation.control.addServer(stranger.principal.org, { slug: 'theirs', url: upstream.url });
  installation.policy.labels.set('read', 'read').set('write', 'write');
  await installation.startGateway({
    EGRESS_ALLOW: upstream.host,
    ALLOWED_ORIGINS: PAGE,
    MAX_BODY_BYTES: '65536',
    RATE_PRINCIPAL: '500',
    RATE_TOOL: '500',
  });
});

afterAll(async () => {
  await installation?.stop();
  await upstream?.stop();
});

beforeEach(async () => {
  await installation.reset();
  upstream.received.length = 0;
});

describe('without a valid key', () => {
  verifies('S1');
  const keys: [string, string | undefined][] = [
    ['no key', undefined],
    ['an empty one', 'Bearer '],
    ['any text', 'Bearer let-me-in'],
    ['another scheme', `Basic ${Buffer.from('a:b').toString('base64')}`],
    ['a key that nobody has', `Bearer ${generateApiKey().key.revealText()}`],
    ['a broken checksum', `Bearer ${generateApiKey().key.revealText().slice(0, -1)}!`],
    ['two of them', `Bearer ${generateApiKey().key.revealText()}, Bearer x`],
  ];
  const paths = [
    '/mcp',
    '/mcp/notes',
    '/mcp/none',
    '/',
    '/api',
    '/health/live/../x',
    '/mcp/notes/../..',
    '//mcp',
  ];
  const methods = ['POST', 'GET', 'DELETE', 'PUT', 'OPTIONS', 'PATCH'];

  it.each(keys)('%s is 401 on every path and method', async (_what, authorization) => {
    const headers = authorization === undefined ? {} : { authorization };
    for (const path of paths) {
      for (const method of methods) {
        const url = new URL(installation.origin);
        url.pathname = path;
        const answer = await send(url, { method, headers });
        expect([path, method, answer.status]).toEqual([path, method, 401]);
        expect(answer.headers['www-authenticate']).toMatch(/^Bearer realm=/);
      }
    }
    expect(upstream.received).toHaveLength(0);
  });

  it('headers that claim an identity change nothing', async () => {
    const headers = {
      'x-forwarded-user': member.principal.sub,
      'x-organisation': installation.org,
      'x-api-key': member.key,
      cookie: `key=${member.key}`,
    };
    expect((await send(installation.url('notes'), { headers, body: {} })).status).toBe(401);
    const inQuery = new URL(`?access_token=${member.key}`, installation.url('notes'));
    expect((await send(inQuery, { body: {} })).status).toBe(401);
  });

  it('only health is told, and it tells nothing about anybody', async () => {
    const live = await send(new URL('/health/live', installation.origin), { method: 'GET' });
    expect(live.json).toEqual({ live: true });
    const ready = await send(new URL('/health/ready', installation.origin), { method: 'GET' });
    expect(ready.json).toMatchObject({ ready: true });
    // What is counted is for operators, on another port.
    expect((await send(new URL('/metrics', installation.origin), { method: 'GET' })).status).toBe(401);
  });
});

describe('with the key of another organisation', () => {
  verifies('S1', 'D3', 'H2');

  it.each(['notes', 'no-such-server'])('%s is 403, told alike, and nothing is read', async (slug) => {
    const answer = await callTool(installation.url(slug), stranger.key, 'read');
    expect(answer.status).toBe(403);
    expect(answer.json.error?.message).toBe('Your organisation has no server of this name.');
    const broken = await send(installation.url(slug), {
      headers: { authorization: `Bearer ${stranger.key}` },
      body: 'this is no JSON',
    });
    expect(broken.status).toBe(403);
    expect(upstream.received).toHaveLength(0);
    expect(installation.policy.authorize.requests).toHaveLength(0);
  });

  it('the aggregated endpoint neither lists nor calls', async () => {
    const list = await rpc(installation.url(), stranger.key, { method: 'tools/list' });
    const names = (list.json.result?.['tools'] as { name: string }[]).map(({ name }) => name);
    expect(names).toEqual(['theirs__read', 'theirs__write']);
    const answer = await callTool(installation.url(), stranger.key, 'notes__read');
    expect(answer.status).toBe(403);
    expect(upstream.calls()).toHaveLength(0);
  });
});

describe('a key that is revoked', () => {
  it('is refused at the very next call, whatever the gateway remembers of it', async () => {
    const leaver = installation.control.addMember(installation.org);
    expect((await callTool(installation.url('notes'), leaver.key, 'read')).json.result).toBeDefined();
    installation.policy.revoked.add(leaver.principal.sid);
    upstream.received.length = 0;
    for (const endpoint of [installation.url('notes'), installation.url()]) {
      const name = endpoint.pathname === '/mcp' ? 'notes__read' : 'read';
      const answer = await callTool(endpoint, leaver.key, name);
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toBeDefined();
      expect((await rpc(endpoint, leaver.key, { method: 'tools/list' })).status).toBe(401);
    }
    expect(upstream.received).toHaveLength(0);
  });
});

describe('a page in a browser', () => {
  const message = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
  const from = async (headers: Record<string, string>): Promise<number> => {
    const authorization = `Bearer ${member.key}`;
    return (await send(installation.url('notes'), { headers: { authorization, ...headers }, body: message }))
      .status;
  };

  it('reaches the gateway by its own name only, and from allowed origins', async () => {
    expect(await from({})).toBe(200);
    expect(await from({ origin: PAGE })).toBe(200);
    expect(await from({ origin: 'https://evil.example.com' })).toBe(403);
    expect(await from({ origin: 'null' })).toBe(403);
    expect(await from({ host: 'evil.example.com' })).toBe(403);
    const { host, port } = installation.url();
    expect(await from({ host: `localhost:${port}` })).toBe(200);
    expect(await from({ host: `localhost.evil.example.com:${port}` })).toBe(403);
    expect(await from({ host: `${host}.evil.example.com` })).toBe(403);
  });
});

describe('a message', () => {
  const post = (body: string, headers: Record<string, string> = {}) =>
    send(installation.url('notes'), { body, headers: { authorization: `Bearer ${member.key}`, ...headers } });
  const callWith = (args: string): string =>
    `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"write","arguments":${args}}}`;

  it.each([
    ['duplicate keys', callWith('{"a":1,"a":2}')],
    [
      'a duplicate tool name',
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read","name":"write"}}',
    ],
    ['a key that is the same when unescaped', callWith('{"a":1,"\\u0061":2}')],
    ['2^53+1', callWith('{"a":9007199254740993}')],
    ['a number beyond all', callWith('{"a":1e400}')],
    ['NaN', callWith('{"a":NaN}')],
    ['a lone surrogate', callWith('{"a":"\\ud800"}')],
    ['deep nesting', callWith(`{"a":${'['.repeat(100)}${']'.repeat(100)}}`)],
    ['__proto__', callWith('{"__proto__":{"admin":true}}')],
    ['a byte-order mark', `\ufeff${callWith('{}')}`],
    ['no JSON', '{"jsonrpc":'],
  ])('with %s is refused as it can not have one meaning', async (_what, body) => {
    const answer = await post(body);
    expect([answer.status, answer.json.error?.code]).toEqual([400, -32700]);
    expect(upstream.received).toHaveLength(0);
  });

  it.each([
    ['a batch', `[${callWith('{}')}]`],
    ['an answer', '{"jsonrpc":"2.0","id":1,"result":{}}'],
    ['another version', callWith('{}').replace('2.0', '1.0')],
    ['an id that is no id', callWith('{}').replace('"id":1', '"id":{"a":1}')],
    ['a member that is not of JSON-RPC', callWith('{}').replace('"id":1', '"id":1,"also":1')],
    ['params in a list', '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":["write"]}'],
  ])('that is %s is refused', async (_what, body) => {
    const answer = await post(body);
    expect([answer.status, answer.json.error?.code]).toEqual([400, -32600]);
    expect(upstream.received).toHaveLength(0);
  });

  it('with parameters that policy does not see is refused', async () => {
    for (const more of [{ task: { ttl: 1 } }, { requestState: 'x' }, { inputResponses: {} }]) {
      const params = { name: 'write', arguments: {}, ...more };
      const answer = await rpc(installation.url('notes'), member.key, { method: 'tools/call', params });
      expect(answer.json.error?.code).toBe(-32602);
    }
    const look = await callTool(installation.url('notes'), member.key, 'wrіte');
    expect(look.json.error?.code).toBe(-32602);
    expect(upstream.received).toHaveLength(0);
  });

  it('whose headers name something else is refused, in both eras', async () => {
    verifies('B13');
    const { message, headers } = modernRequest('tools/call', { name: 'write', arguments: {} });
    const older = { method: 'tools/call', params: { name: 'write', arguments: {} } };
    const cases = [
      { message, headers: { ...headers, 'mcp-name': 'read' } },
      { message, headers: { ...headers, 'mcp-method': 'tools/list' } },
      { message, headers: { ...headers, 'mcp-protocol-version': '2025-11-25' } },
      { message: older, headers: { 'mcp-name': 'read' } },
      { message: older, headers: { 'mcp-method': 'tools/list' } },
    ];
    for (const { message: body, headers: lying } of cases) {
      const answer = await rpc(installation.url('notes'), member.key, body, { headers: lying });
      expect([answer.status, answer.json.error?.code]).toEqual([400, -32020]);
    }
    expect(upstream.received).toHaveLength(0);
    const honest = await rpc(installation.url('notes'), member.key, message, { headers });
    expect(honest.json.result).toMatchObject({ resultType: 'complete' });
  });

  it('that is too large, or of another type, is refused before it is read', async () => {
    const large = await post(callWith(`{"a":"${'x'.repeat(5_000_000)}"}`));
    expect([large.status, large.json.error?.data['code']]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
    const form = await post('a=b', { 'content-type': 'application/x-www-form-urlencoded' });
    expect(form.status).toBe(415);
  });

  it('can only be posted', async () => {
    for (const method of ['GET', 'DELETE']) {
      const headers = { authorization: `Bearer ${member.key}`, 'mcp-session-id': 'never-issued' };
      const answer = await send(installation.url('notes'), { method, headers });
      expect([answer.status, answer.headers.allow]).toEqual([405, 'POST']);
    }
  });

  it('is written anew for the upstream, from the value that was decided on', async () => {
    const args = '{ "n" : 1.0e2 , "s" : "\\u0041\\/" , "constructor" : null }';
    const answer = await post(callWith(args));
    expect(answer.json.result).toBeDefined();
    expect(upstream.calls()[0]?.body?.params?.['arguments']).toEqual({ n: 100, s: 'A/', constructor: null });
    expect(installation.policy.authorize.requests[0]?.arguments).toEqual({
      n: 100,
      s: 'A/',
      constructor: null,
    });
  });
});

describe('a client that says where it comes from', () => {
  /** What control is told of where a request came from: a hash under a key that this gateway process has. */
  async function sourcesOf(forwarded: string[]): Promise<string[]> {
    installation.control.sources.length = 0;
    for (const header of forwarded) {
      // A key of its own each time, or the gateway would know it already.
      const headers = {
        authorization: `Bearer ${generateApiKey().key.revealText()}`,
        'x-forwarded-for': header,
      };
      expect((await send(installation.url('notes'), { headers, body: {} })).status).toBe(401);
    }
    return installation.control.sources;
  }
  const FORWARDED = ['198.51.100.1', '198.51.100.2', '127.0.0.1, 198.51.100.1'];

  it('is not believed', async () => {
    expect(new Set(await sourcesOf(FORWARDED)).size).toBe(1);
  });

  it('is not believed either where a proxy is, but for what the proxy itself has added', async () => {
    await installation.stopGateway();
    await installation.startGateway({ EGRESS_ALLOW: upstream.host, TRUSTED_PROXIES: '127.0.0.0/8' });
    const [first, second, forged] = await sourcesOf(FORWARDED);
    expect(second).not.toBe(first);
    expect(forged).toBe(first);
  });
});

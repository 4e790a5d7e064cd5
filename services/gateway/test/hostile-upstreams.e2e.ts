import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { newId } from '@portcullis/contracts';
import { eventually } from '@portcullis/platform/testing';
import { verifies } from '../../../tools/verifies.js';
import { callTool, olderClient, rpc, send } from './clients.js';
import { Installation } from './installation.js';
import type { TestMember } from './stand-ins/control.js';
import {
  answerJson,
  answerText,
  asEvent,
  startScriptedServer,
  toolNamed,
  type Script,
} from './upstreams/scripted-server.js';
import type { RecordingServer } from './upstreams/recording-server.js';

const SECRET = 'sk-"live"/ä 8f3a\\b';
const TOKEN_SLOT = { slot: 'token', owner: 'organisation' as const, header: 'X-Token', prefix: '' };
const GATEWAY_LIMIT = 4 * 1024 * 1024;

let installation: Installation;
let member: TestMember;
const upstreams: Record<string, RecordingServer> = {};
/** What the next call of a tool at a scripted server does. */
let onCall: NonNullable<Script['call']>;
const waiting: (() => void)[] = [];

beforeAll(async () => {
  installation = await Installation.prepare();
  member = installation.control.addMember(installation.org);
  const tools = ['read', 'write'];
  const call: Script['call'] = (request, response) => onCall(request, response);
  upstreams['echo'] = await startScriptedServer({ tools, call });
  upstreams['plain'] = await startScriptedServer({ tools: ['read'] });
  upstreams['hanging'] = await startScriptedServer({
    list: () => new Promise<void>((resolve) => waiting.push(resolve)),
  });
  upstreams['failing'] = await startScriptedServer({
    list: (_request, response) => answerJson(response, { error: 'out of order' }, 500),
  });
  upstreams['personal'] = await startScriptedServer({
    list: ({ headers, body }, response) => {
      const tools = [toolNamed(`of_${String(headers['x-token']).split('_').pop()}`)];
      answerJson(response, { jsonrpc: '2.0', id: body?.id, result: { tools } });
    },
  });
  upstreams['shy'] = await startScriptedServer({
    tools: ['read'],
    handshake: () => new Promise<void>((resolve) => waiting.push(resolve)),
  });
  upstreams['thief'] = await startScriptedServer({ tools });
  installation.policy.labels.set('read', 'read').set('write', 'write');
  installation.vault.secrets.set(`${installation.org} token`, SECRET);
  installation.control.addServer(installation.org, { slug: 'echo', url: urlOf('echo'), slots: [TOKEN_SLOT] });
  await installation.startGateway({
    EGRESS_ALLOW: Object.values(upstreams)
      .map(({ host }) => host)
      .join(),
    CALL_DEADLINE_MS: '4000',
    CATALOGUE_DEADLINE_MS: '1000',
    RATE_TOOL: '8',
  });
});

afterAll(async () => {
  for (const release of waiting) release();
  await installation?.stop();
  await Promise.all(Object.values(upstreams).map((server) => server.stop()));
});

beforeEach(async () => {
  await installation.reset();
  for (const server of Object.values(upstreams)) server.received.length = 0;
  onCall = (request, response) => answerText(request, response, 'done');
});

const urlOf = (name: string): string => upstreams[name]?.url ?? '';
const call = (tool = 'write') => callTool(installation.url('echo'), member.key, tool);

describe('an upstream that echoes its credential', () => {
  verifies('G3', 'P5');
  const forms: [string, string][] = [
    ['plain', SECRET],
    ['base64', Buffer.from(SECRET).toString('base64')],
    ['base64 of a longer text', Buffer.from(`Bearer ${SECRET}!`).toString('base64')],
    ['base64url', Buffer.from(SECRET).toString('base64url')],
    ['hex', Buffer.from(SECRET).toString('hex')],
    ['URL-encoded', encodeURIComponent(SECRET)],
    ['JSON in a string', JSON.stringify({ token: SECRET })],
  ];
  const shown = (text: string): boolean =>
    [...forms.map(([, form]) => form), '8f3a'].some((form) => text.includes(form));

  it.each(forms)('in a result, %s, is redacted', async (_what, echo) => {
    onCall = (request, response) => answerText(request, response, `You sent ${echo}.`);
    const answer = await call();
    expect(answer.json.result?.['content']).toEqual([
      { type: 'text', text: expect.stringMatching(/^You sent .*\[REDACTED:token\]/) },
    ]);
    expect(shown(answer.text)).toBe(false);
    await installation.settled();
    expect(installation.audit.outcomes()[0]?.entry.outcome.redactions).toBeGreaterThan(0);
  });

  it('with escapes of its own is redacted', async () => {
    const escaped = [...SECRET].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
    onCall = ({ body }, response) =>
      void response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(`{"jsonrpc":"2.0","id":"${String(body?.id)}","result":{"content":[],"note":"${escaped}"}}`);
    expect((await call()).json.result).toMatchObject({ note: '[REDACTED:token]' });
  });

  it('in an error is redacted', async () => {
    onCall = ({ body }, response) =>
      answerJson(response, {
        jsonrpc: '2.0',
        id: body?.id,
        error: { code: -1, message: `No: ${SECRET}`, data: [SECRET] },
      });
    const answer = await call();
    expect(answer.json.error).toEqual({
      code: -1,
      message: 'No: [REDACTED:token]',
      data: ['[REDACTED:token]'],
    });
    expect(shown(answer.text)).toBe(false);
  });

  it('in the progress of a call is redacted', async () => {
    onCall = ({ body }, response) => {
      const token = (body?.params?.['_meta'] as { progressToken: unknown }).progressToken;
      const params = { progressToken: token, progress: 1, message: `with ${SECRET}` };
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(asEvent({ jsonrpc: '2.0', method: 'notifications/progress', params }));
      response.end(asEvent({ jsonrpc: '2.0', id: body?.id, result: { content: [] } }));
    };
    const params = { name: 'write', _meta: { progressToken: 'p' } };
    const answer = await rpc(installation.url('echo'), member.key, { method: 'tools/call', params });
    expect(answer.text).toContain('with [REDACTED:token]');
    expect(shown(answer.text)).toBe(false);
  });

  it('in place of a status or a body that is no answer gets it nowhere', async () => {
    const bodies: NonNullable<Script['call']>[] = [
      (_request, response) => answerJson(response, { secret: SECRET }, 401),
      (_request, response) => response.writeHead(500, { 'x-echo': encodeURIComponent(SECRET) }).end(SECRET),
      (_request, response) => answerJson(response, `not JSON-RPC: ${SECRET}`),
    ];
    for (const body of bodies) {
      onCall = body;
      const answer = await call();
      expect(answer.json.error?.data['code']).toBe('UPSTREAM_ERROR');
      expect(shown(answer.text + JSON.stringify(answer.headers))).toBe(false);
    }
    expect(shown(installation.logs.join(''))).toBe(false);
  });
});

it('a redirect is not followed, so that the credential stays where policy sent it', async () => {
  onCall = (_request, response) => void response.writeHead(307, { location: urlOf('thief') }).end();
  const answer = await call();
  expect(answer.json.error?.data['code']).toBe('UPSTREAM_ERROR');
  expect(upstreams['thief']?.received).toHaveLength(0);
});

it('an address that policy does not know gets nothing, neither call nor credential', async () => {
  verifies('B2');
  const org = newId();
  const owner = installation.control.addMember(org);
  const endpoint = installation.control.addServer(org, {
    slug: 'moved',
    url: urlOf('echo'),
    slots: [TOKEN_SLOT],
  });
  installation.vault.secrets.set(`${org} token`, SECRET);
  // The directory says one thing, policy's facts another.
  endpoint.url = urlOf('thief');
  const answer = await callTool(installation.url('moved'), owner.key, 'write');
  expect(answer.json.error?.data['code']).toBe('CONFLICT');
  expect(upstreams['thief']?.received).toHaveLength(0);
  expect(installation.vault.open.requests).toHaveLength(0);
});

describe('an upstream without measure', () => {
  it('is cut off in a huge result', async () => {
    onCall = (request, response) => answerText(request, response, 'x'.repeat(GATEWAY_LIMIT));
    expect((await call()).json.error?.data['code']).toBe('PAYLOAD_TOO_LARGE');
  });

  it('is cut off in an endless stream', async () => {
    let stop = (): void => undefined;
    onCall = (_request, response) => {
      const ended = new Promise<void>((resolve) => response.once('close', resolve));
      stop = () => void response.destroy();
      const message = {
        jsonrpc: '2.0',
        method: 'notifications/message',
        params: { data: 'x'.repeat(60_000) },
      };
      const write = (): void => {
        while (!response.destroyed && response.write(asEvent(message)));
      };
      response.writeHead(200, { 'content-type': 'text/event-stream' }).on('drain', write);
      write();
      return ended;
    };
    const answer = await call();
    stop();
    expect(answer.text).toContain('PAYLOAD_TOO_LARGE');
    expect(answer.text.length).toBeLessThan(GATEWAY_LIMIT + 100_000);
  });

  it('is waited for no longer than a call may take', async () => {
    onCall = (_request, response) => new Promise<void>((resolve) => response.once('close', () => resolve()));
    const started = Date.now();
    const answer = await call();
    expect(answer.json.error?.data['code']).toBe('DEADLINE_EXCEEDED');
    expect(Date.now() - started).toBeLessThan(5000);
    await installation.settled();
    expect(installation.audit.outcomes()[0]?.entry.outcome.result).toBe('timeout');
  });

  it('does not hide the others in the list of all', async () => {
    const org = newId();
    const owner = installation.control.addMember(org);
    for (const slug of ['plain', 'hanging', 'failing'])
      installation.control.addServer(org, { slug, url: urlOf(slug) });
    const started = Date.now();
    const client = await olderClient(installation.url(), owner.key);
    expect(await client.names()).toEqual(['plain__read']);
    expect(Date.now() - started).toBeLessThan(3000);
    await client.close();
  });
});

describe('answers', () => {
  it('belong to their request: an upstream can neither answer another one nor ask in between', async () => {
    onCall = ({ body }, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(asEvent({ jsonrpc: '2.0', id: 'of somebody else', result: { content: ['wrong'] } }));
      response.write(asEvent({ jsonrpc: '2.0', id: 7, method: 'sampling/createMessage', params: {} }));
      const other = { progressToken: 'of somebody else', progress: 1 };
      response.write(asEvent({ jsonrpc: '2.0', method: 'notifications/progress', params: other }));
      response.write(asEvent({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' }));
      response.end(asEvent({ jsonrpc: '2.0', id: body?.id, result: { content: ['right'] } }));
    };
    const answer = await call();
    expect(answer.json).toEqual({ jsonrpc: '2.0', id: 1, result: { content: ['right'] } });
  });

  it('of clients that use the same ids never mix', async () => {
    verifies('S1');
    const others = Array.from({ length: 8 }, () => installation.control.addMember(installation.org));
    onCall = async (request, response) => {
      // All are open at once, and answered in another order.
      await eventually(() => expect(upstreams['echo']?.calls()).toHaveLength(others.length));
      answerText(request, response, String((request.body?.params?.['arguments'] as { who: string }).who));
    };
    const answers = await Promise.all(
      others.map(({ key }, who) => callTool(installation.url('echo'), key, 'read', { who: `client ${who}` })),
    );
    const texts = answers.map(({ json }) => (json.result?.['content'] as { text: string }[])[0]?.text);
    expect(texts).toEqual(others.map((_, who) => `client ${who}`));
    expect(answers.map(({ json }) => json.id)).toEqual(others.map(() => 1));
    const ids = upstreams['echo']?.calls().map(({ body }) => body?.id);
    expect(new Set(ids).size).toBe(others.length);
  });
});

it('what a server shows to one principal is not shown to another', async () => {
  verifies('D2');
  const org = newId();
  const personal = { ...TOKEN_SLOT, owner: 'user' as const };
  installation.control.addServer(org, { slug: 'personal', url: urlOf('personal'), slots: [personal] });
  const [one, other] = ['one', 'other'].map((name) => {
    const added = installation.control.addMember(org);
    installation.vault.secrets.set(`${added.principal.sub} token`, `token_of_${name}`);
    installation.policy.labels.set(`of_${name}`, 'read');
    return added;
  }) as [TestMember, TestMember];
  const url = installation.url('personal');
  const names = async (key: string): Promise<unknown> => {
    const { json } = await rpc(url, key, { method: 'tools/list' });
    return (json.result?.['tools'] as { name: string }[]).map(({ name }) => name);
  };
  expect(await names(one.key)).toEqual(['of_one']);
  expect(await names(other.key)).toEqual(['of_other']);
  expect((await callTool(url, one.key, 'of_one')).json.result).toBeDefined();
  const stolen = await callTool(url, other.key, 'of_one');
  expect(stolen.json.error?.message).toMatch(/Unknown tool/);
  const tokens = upstreams['personal']?.calls().map(({ headers }) => headers['x-token']);
  expect(tokens).toEqual(['token_of_one']);
});

it('a handshake that several calls wait for does not depend on the one that came first', async () => {
  const org = newId();
  const owner = installation.control.addMember(org);
  installation.control.addServer(org, { slug: 'shy', url: urlOf('shy') });
  const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
  const headers = { authorization: `Bearer ${owner.key}` };
  const leaving = new AbortController();
  const first = send(installation.url('shy'), { headers, body: list, signal: leaving.signal });
  const handshakes = (): unknown[] =>
    (upstreams['shy']?.received ?? []).filter(({ body }) => body?.method === 'initialize');
  await eventually(() => expect(handshakes()).toHaveLength(1));
  const second = rpc(installation.url('shy'), owner.key, { method: 'tools/list' });
  await eventually(() => expect(installation.audit.intents('catalog.read')).toHaveLength(2));
  leaving.abort();
  await expect(first).rejects.toThrow();
  for (const release of waiting.splice(0)) release();
  expect((await second).json.result?.['tools']).toHaveLength(1);
  expect(handshakes()).toHaveLength(1);
});

it('floods are stopped, lists as well as calls', async () => {
  const flooder = installation.control.addMember(installation.org);
  const flood = await Promise.all(
    Array.from({ length: 40 }, () => callTool(installation.url('echo'), flooder.key, 'read')),
  );
  const limited = flood.filter(({ json }) => json.error?.data['code'] === 'RATE_LIMITED');
  expect(limited.length).toBeGreaterThan(10);
  expect(Number(limited[0]?.headers['retry-after'])).toBeGreaterThan(0);
  expect(upstreams['echo']?.calls().length).toBe(40 - limited.length);
  const lists = await Promise.all(
    Array.from({ length: 40 }, () => rpc(installation.url('echo'), flooder.key, { method: 'tools/list' })),
  );
  expect(lists.filter(({ json }) => json.error?.data['code'] === 'RATE_LIMITED').length).toBeGreaterThan(10);
});

it('neither arguments nor answers stay anywhere: not in records, not in logs', async () => {
  verifies('P10', 'G7', 'D7');
  onCall = (request, response) => answerText(request, response, 'an-answer-of-the-upstream');
  const answer = await callTool(installation.url('echo'), member.key, 'write', {
    note: 'an-argument-of-the-client',
  });
  expect(answer.text).toContain('an-answer-of-the-upstream');
  await installation.settled();
  const kept = JSON.stringify(installation.audit.append.requests) + installation.logs.join('');
  expect(kept).toContain(installation.audit.intents()[0]?.entry.recordId);
  expect(kept).not.toContain('an-answer-of-the-upstream');
  expect(kept).not.toContain('an-argument-of-the-client');
});

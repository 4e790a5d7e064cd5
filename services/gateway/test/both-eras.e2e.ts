import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@portcullis/platform/testing';
import { verifies } from '../../../tools/verifies.js';
import { callTool, modernClient, modernRequest, olderClient, rpc } from './clients.js';
import { Installation } from './installation.js';
import type { TestMember } from './stand-ins/control.js';
import { startLegacyServer, startModernServer } from './upstreams/official-servers.js';
import { startEverythingServer, type EverythingServer } from './upstreams/everything-server.js';
import type { RecordingServer } from './upstreams/recording-server.js';

let installation: Installation;
let modern: RecordingServer;
let legacy: Awaited<ReturnType<typeof startLegacyServer>>;
let everything: EverythingServer;
let member: TestMember;

beforeAll(async () => {
  installation = await Installation.prepare();
  [modern, legacy, everything] = await Promise.all([
    startModernServer(),
    startLegacyServer(),
    startEverythingServer(),
  ]);
  member = installation.control.addMember(installation.org);
  installation.control.addServer(installation.org, { slug: 'modern', url: modern.url });
  installation.control.addServer(installation.org, { slug: 'legacy', url: legacy.url });
  installation.control.addServer(installation.org, { slug: 'everything', url: everything.url });
  for (const tool of ['echo', 'trigger-long-running-operation', 'read_item', 'slow_item', 'regional'])
    installation.policy.labels.set(tool, 'read');
  installation.policy.labels.set('write_item', 'write');
  await installation.startGateway({
    EGRESS_ALLOW: [modern, legacy, everything].map(({ host }) => host).join(),
  });
});

afterAll(async () => {
  await installation?.stop();
  await Promise.all([modern?.stop(), legacy?.stop(), everything?.stop()]);
});

beforeEach(async () => {
  await installation.settled();
  await installation.reset();
});

describe.each([
  ['2026-07-28', modernClient],
  ['2025-11-25', olderClient],
])('a client of %s', (_era, connect) => {
  verifies('B13');

  it.each(['modern', 'legacy'])('lists and calls tools of a %s server', async (slug) => {
    const client = await connect(installation.url(slug), member.key);
    expect(await client.names()).toEqual(expect.arrayContaining(['read_item', 'write_item']));
    expect(await client.call('read_item', { id: 'ü-1' })).toBe(`${slug} read ü-1`);
    expect(await client.call('write_item', { id: '2' })).toBe(`${slug} wrote 2`);
    await client.close();
  });

  it('lists and calls tools of all servers on the aggregated endpoint', async () => {
    const client = await connect(installation.url(), member.key);
    expect(await client.names()).toEqual(expect.arrayContaining(['modern__read_item', 'legacy__read_item']));
    for (const slug of ['modern', 'legacy']) {
      expect(await client.call(`${slug}__read_item`, { id: '3' })).toBe(`${slug} read 3`);
    }
    await client.close();
  });

  it.each(['modern', 'legacy'])('sees the progress of a call of a %s server', async (slug) => {
    const client = await connect(installation.url(slug), member.key);
    const seen: number[] = [];
    const text = await client.call('slow_item', { id: '4' }, ({ progress }) => seen.push(progress));
    expect(text).toBe(`${slug} slowly read 4`);
    expect(seen).toEqual([1, 2]);
    await client.close();
  });

  it('uses the public sample server as it is', async () => {
    const client = await connect(installation.url('everything'), member.key);
    expect(await client.names()).toContain('echo');
    expect(await client.call('echo', { message: 'through the gateway' })).toContain('through the gateway');
    const seen: number[] = [];
    const work = { duration: 0.2, steps: 2 };
    await client.call('trigger-long-running-operation', work, ({ progress }) => seen.push(progress));
    expect(seen).toEqual([1, 2]);
    await client.close();
  });

  it('is told the rule and the revision when policy denies, and the denial is on record', async () => {
    verifies('B11');
    installation.policy.denied.add('write_item');
    const client = await connect(installation.url('modern'), member.key);
    const names = await client.names();
    expect(names).toContain('read_item');
    expect(names).not.toContain('write_item');
    const before = modern.calls().length;
    await expect(client.call('write_item', { id: '5' })).rejects.toMatchObject({
      code: -31003,
      message: expect.stringMatching(/rule "no-writes" at policy revision 7/),
      data: expect.objectContaining({ code: 'DENIED_BY_POLICY', rule: 'no-writes', revision: 7 }),
    });
    expect(modern.calls()).toHaveLength(before);
    expect(installation.audit.intents()).toHaveLength(0);
    expect(installation.audit.denials().map(({ claims }) => claims)).toEqual([
      expect.objectContaining({ tool: 'write_item', rule: 'no-writes', sub: member.principal.sub }),
    ]);
    await client.close();
  });
});

it('refuses methods that are not governed yet by name, not by silence', async () => {
  const methods = ['resources/list', 'prompts/get', 'completion/complete', 'tools/Call', 'logging/setLevel'];
  for (const method of methods) {
    const answer = await rpc(installation.url('modern'), member.key, { method });
    expect(answer.json.error).toMatchObject({ code: -32601, message: expect.stringContaining(method) });
  }
  const { message, headers } = modernRequest('resources/list');
  const answer = await rpc(installation.url('modern'), member.key, message, { headers });
  expect([answer.status, answer.json.error?.code]).toEqual([404, -32601]);
  expect(modern.received.filter(({ body }) => methods.includes(body?.method ?? ''))).toHaveLength(0);
});

it('sends the headers that a tool declares, and refuses a client whose headers say something else', async () => {
  verifies('B13');
  const client = await modernClient(installation.url('modern'), member.key);
  await client.names();
  expect(await client.call('regional', { region: 'Zürich' })).toBe('modern in Zürich');
  await client.close();

  const before = modern.calls().length;
  const { message, headers } = modernRequest('tools/call', { name: 'regional', arguments: { region: 'eu' } });
  const lying = { ...headers, 'mcp-param-region': 'us' };
  const answer = await rpc(installation.url('modern'), member.key, message, { headers: lying });
  expect([answer.status, answer.json.error?.code]).toEqual([400, -32020]);
  expect(modern.calls()).toHaveLength(before);
});

it('opens a new session when the server has lost the old one, and repeats what was not looked at', async () => {
  verifies('B13');
  const client = await olderClient(installation.url('legacy'), member.key);
  await client.call('read_item', { id: '6' });
  legacy.sessions.clear();
  expect(await client.call('read_item', { id: '7' })).toBe('legacy read 7');
  expect(legacy.sessions.size).toBe(1);
  await client.close();
});

it('keeps one upstream session for each principal', async () => {
  const other = installation.control.addMember(installation.org);
  const sessionsOf = async (key: string): Promise<Set<unknown>> => {
    const before = legacy.received.length;
    const url = installation.url('legacy');
    await rpc(url, key, { method: 'tools/list' });
    await rpc(url, key, { method: 'tools/call', params: { name: 'read_item', arguments: { id: '8' } } });
    const since = legacy.received.slice(before).filter(({ body }) => body?.method?.startsWith('tools/'));
    expect(since.length).toBeGreaterThanOrEqual(2);
    return new Set(since.map(({ headers }) => headers['mcp-session-id']));
  };
  const mine = await sessionsOf(member.key);
  const theirs = await sessionsOf(other.key);
  expect(mine.size).toBe(1);
  expect(theirs.size).toBe(1);
  expect(theirs).not.toEqual(mine);
});

it('records a read within 50 ms behind its answer: sizes and digests', async () => {
  verifies('B1', 'P10');
  const answer = await callTool(installation.url('modern'), member.key, 'read_item', { id: '9' });
  expect(answer.json.result).toBeDefined();
  const answeredAt = performance.now();
  const [intent] = installation.audit.intents();
  const outcome = await eventually(() => {
    const found = installation.audit.outcomes().find(({ entry }) => entry.intent === intent?.entry.recordId);
    if (found === undefined) throw new Error('There is no outcome yet.');
    return found;
  });
  // 50 ms of waiting, and what a busy machine adds.
  expect(outcome.at - answeredAt).toBeLessThan(300);
  expect(outcome.entry.outcome).toMatchObject({ result: 'success', redactions: 0, error: null });
  expect(outcome.entry.outcome.resultBytes).toBeGreaterThan(20);
});

import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { toolDefinitionDigest } from '@portcullis/contracts';
import { verifies } from '../../../tools/verifies.js';
import { callTool, rpc } from './clients.js';
import { Installation } from './installation.js';
import type { TestMember } from './stand-ins/control.js';
import type { RecordingServer } from './upstreams/recording-server.js';
import { answerJson, startScriptedServer, toolNamed } from './upstreams/scripted-server.js';

let installation: Installation;
let upstream: RecordingServer;
let member: TestMember;
let description = 'honest';

const definition = () => ({ ...toolNamed('read'), description });

beforeAll(async () => {
  installation = await Installation.prepare();
  upstream = await startScriptedServer({
    list: ({ body }, response) =>
      answerJson(response, { jsonrpc: '2.0', id: body?.id, result: { tools: [definition()] } }),
  });
  member = installation.control.addMember(installation.org);
  installation.control.addServer(installation.org, { slug: 'notes', url: upstream.url, slots: [] });
  installation.policy.labels.set('read', 'read');
  await installation.startGateway({ EGRESS_ALLOW: upstream.host });
});
afterAll(async () => {
  await installation?.stop();
  await upstream?.stop();
});
beforeEach(async () => {
  await installation.settled();
  await installation.reset();
});

const list = () => rpc(installation.url('notes'), member.key, { method: 'tools/list' });
const told = () => installation.policy.observeTools.requests.map(({ tools }) => tools[0]?.['description']);

it('policy hears of a definition before anybody sees or calls the tool, and once', async () => {
  verifies('B9');
  await installation.policy.observeTools.stop();
  expect((await list()).json.error).toBeDefined();
  expect((await callTool(installation.url('notes'), member.key, 'read')).json.error).toBeDefined();
  expect(installation.policy.authorize.requests.filter(({ operation }) => operation === 'tool.call')).toEqual(
    [],
  );
  expect(upstream.received.filter(({ body }) => body?.method === 'tools/call')).toEqual([]);
  installation.policy.observeTools.start();
  expect((await list()).json.error).toBeUndefined();
  await list();
  expect(told()).toEqual(['honest']);
  expect((await callTool(installation.url('notes'), member.key, 'read')).json.error).toBeUndefined();
  const [asked] = installation.policy.authorize.requests.filter(({ operation }) => operation === 'tool.call');
  expect(asked?.observedDigest).toBe(toolDefinitionDigest(definition()));
});

it('policy hears of every change, back to what it was too', async () => {
  verifies('B9');
  for (const next of ['poisoned', 'honest']) {
    description = next;
    await list();
  }
  expect(told()).toEqual(['poisoned', 'honest']);
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@portcullis/platform/testing';
import { verifies } from '../../../tools/verifies.js';
import { callTool, send } from './clients.js';
import { Installation } from './installation.js';
import type { Recorded } from './stand-ins/audit.js';
import type { TestMember } from './stand-ins/control.js';
import { startScriptedServer } from './upstreams/scripted-server.js';
import type { RecordingServer } from './upstreams/recording-server.js';

const SECRET = 'a-credential-of-the-upstream';

let installation: Installation;
let upstream: RecordingServer;
let member: TestMember;
/** Lets the upstream's answer to a call of `slow` out. */
let release: () => void;

beforeAll(async () => {
  installation = await Installation.prepare();
  upstream = await startScriptedServer({
    tools: ['read', 'write', 'slow'],
    call: async (request, response) => {
      if (request.body?.params?.['name'] === 'slow')
        await new Promise<void>((resolve) => (release = resolve));
      const result = { content: [{ type: 'text', text: 'done' }] };
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ jsonrpc: '2.0', id: request.body?.id, result }));
    },
  });
  member = installation.control.addMember(installation.org);
  installation.control.addServer(installation.org, {
    slug: 'notes',
    url: upstream.url,
    slots: [{ slot: 'token', owner: 'organisation', header: 'Authorization', prefix: 'Bearer ' }],
  });
  installation.vault.secrets.set(`${installation.org} token`, SECRET);
  installation.policy.labels.set('read', 'read').set('slow', 'write').set('write', 'write');
  await installation.startGateway({ EGRESS_ALLOW: upstream.host, CALL_DEADLINE_MS: '7000' });
});

afterAll(async () => {
  await installation?.stop();
  await upstream?.stop();
});

beforeEach(async () => {
  await installation.reset();
  // Its retries of the test before end here.
  await installation.settled();
  // Identified before the test breaks something, so that what it breaks is the call and not the catalogue.
  await callTool(installation.url('notes'), member.key, 'read');
  await installation.settled();
  await installation.reset();
  upstream.received.length = 0;
});

const call = (tool: string) => callTool(installation.url('notes'), member.key, tool, { note: 1 });
const outcomesOf = (intent: Recorded | undefined, operation: 'tool.call' | 'catalog.read' = 'tool.call') =>
  installation.audit.outcomes(operation).filter(({ entry }) => entry.intent === intent?.entry.recordId);

describe('the upstream is never touched before', () => {
  verifies('B1');
  const parts = {
    'policy allows': () => installation.policy.authorize,
    'audit has the intent': () => installation.audit.append,
    'the vault opens': () => installation.vault.open,
  };

  it.each(Object.entries(parts))('%s: nobody serves it', async (_what, part) => {
    await part().stop();
    const started = Date.now();
    const answer = await call('write');
    expect(answer.json.error?.code).toBeLessThan(-31000);
    expect(answer.json.error?.data['code']).toMatch(/^(UNAVAILABLE|AUDIT_UNAVAILABLE)$/);
    expect(Date.now() - started).toBeLessThan(5000);
    expect(upstream.received).toHaveLength(0);
  });

  it.each(Object.entries(parts))('%s: it is silent', async (_what, part) => {
    part().mode = 'silent';
    const started = Date.now();
    const answer = await call('write');
    expect(answer.json.error?.data['code']).toMatch(/^(DEADLINE_EXCEEDED|AUDIT_UNAVAILABLE)$/);
    expect(Date.now() - started).toBeLessThan(8000);
    expect(upstream.received).toHaveLength(0);
  });

  it('audit has the intent: it refuses', async () => {
    installation.audit.refusing.add('intent');
    const answer = await call('read');
    expect(answer.json.error).toMatchObject({
      code: -31020,
      data: {
        code: 'AUDIT_UNAVAILABLE',
        retryable: true,
        // What an operator finds the request by, in the log.
        correlationId: expect.stringMatching(/^[0-9A-Z]{26}$/),
      },
    });
    expect(installation.vault.open.requests).toHaveLength(0);
    expect(upstream.received).toHaveLength(0);
  });

  it('the vault has the credential: a missing one stops the call, and the intent is closed', async () => {
    const other = installation.control.addMember('01ARZ3NDEKTSV4RRFFQ69G5FAV');
    installation.control.addServer(other.principal.org, {
      slug: 'bare',
      url: upstream.url,
      slots: [{ slot: 'token', owner: 'organisation', header: 'Authorization', prefix: '' }],
    });
    const answer = await callTool(installation.url('bare'), other.key, 'write');
    expect(answer.json.error?.data['code']).toBe('CREDENTIAL_MISSING');
    expect(upstream.received).toHaveLength(0);
    const [intent] = installation.audit.intents('catalog.read');
    await eventually(() =>
      expect(outcomesOf(intent, 'catalog.read')[0]?.entry.outcome).toMatchObject({
        result: 'aborted',
        error: 'CREDENTIAL_MISSING',
      }),
    );
  });
});

describe('what goes to the upstream', () => {
  it('has the credential, and nothing of the client but its arguments', async () => {
    verifies('G3', 'D1', 'P5');
    await call('read');
    const [received] = upstream.calls();
    expect(received?.headers.authorization).toBe(`Bearer ${SECRET}`);
    expect(JSON.stringify(received)).not.toContain(member.key);
    expect(Object.keys(received?.headers ?? {}).sort()).toEqual([
      ...['accept', 'authorization', 'connection', 'content-length', 'content-type', 'host'],
      'mcp-protocol-version',
    ]);
  });

  it('goes after the intent was recorded with the very grant that opened the credential', async () => {
    verifies('B1', 'B2');
    await call('write');
    const [intent] = installation.audit.intents();
    expect(intent?.at).toBeLessThan(upstream.calls()[0]?.at ?? 0);
    const payload = (jws: string | undefined): string | undefined => jws?.split('.')[1];
    expect(payload(installation.vault.open.requests[0]?.grant)).toBe(payload(intent?.entry.grant));
  });
});

describe('an outcome', () => {
  verifies('B1');

  it('of a write is recorded before the answer goes out', async () => {
    await call('write');
    const [intent] = installation.audit.intents();
    expect(outcomesOf(intent)).toHaveLength(1);
  });

  it('of a write that can not be recorded is said to be unknown, and is retried', async () => {
    installation.audit.refusing.add('outcome');
    const answer = await call('write');
    expect(answer.json.error).toMatchObject({ code: -31021, data: { code: 'OUTCOME_UNRECORDED' } });
    expect(answer.text).not.toContain('done');
    expect(upstream.calls()).toHaveLength(1);
    const [intent] = installation.audit.intents();
    installation.audit.refusing.clear();
    await eventually(() => expect(outcomesOf(intent)).toHaveLength(1));
    expect(upstream.calls()).toHaveLength(1);
  });

  it('of a read that can not be recorded follows when audit is back', async () => {
    installation.audit.refusing.add('outcome');
    const answer = await call('read');
    expect(answer.json.result).toBeDefined();
    const [intent] = installation.audit.intents();
    installation.audit.refusing.clear();
    await eventually(() => expect(outcomesOf(intent)[0]?.entry.outcome.result).toBe('success'));
  });

  it('is "cancelled" when the client goes away in mid-call', async () => {
    const leaving = new AbortController();
    const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'slow' } };
    const headers = { authorization: `Bearer ${member.key}` };
    const asked = send(installation.url('notes'), { headers, body: message, signal: leaving.signal });
    await eventually(() => expect(upstream.calls()).toHaveLength(1));
    leaving.abort();
    await expect(asked).rejects.toThrow();
    const [intent] = installation.audit.intents();
    await eventually(() =>
      expect(outcomesOf(intent)[0]?.entry.outcome).toMatchObject({
        result: 'cancelled',
        error: 'client_gone',
      }),
    );
    release();
  });
});

describe('a lost answer', () => {
  verifies('B1');

  it.each([
    ['policy', () => installation.policy.authorize, 0],
    ['audit', () => installation.audit.append, 1],
    ['the vault', () => installation.vault.open, 1],
  ])('of %s burns the grant: a new one, the next attempt, the same call', async (_who, part, abandoned) => {
    part().losing = 1;
    const answer = await call('write');
    expect(answer.json.result).toBeDefined();
    const asked = installation.policy.authorize.requests;
    expect(asked.map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect(new Set(asked.map((request) => request.call)).size).toBe(1);
    const intents = installation.audit.intents();
    expect(new Set(intents.map(({ claims }) => claims.jti)).size).toBe(intents.length);
    expect(intents).toHaveLength(1 + abandoned);
    expect(upstream.calls()).toHaveLength(1);
    const ends = (): string[] => intents.map((intent) => outcomesOf(intent)[0]?.entry.outcome.result ?? '');
    await eventually(() => expect(ends()).toEqual([...Array<string>(abandoned).fill('aborted'), 'success']));
  });
});

describe('a denial', () => {
  it('that can not be recorded is a denial all the same, made once and recorded later', async () => {
    installation.policy.denied.add('write');
    installation.audit.refusing.add('denial');
    const answer = await call('write');
    expect(answer.json.error?.data['code']).toBe('AUDIT_UNAVAILABLE');
    expect(upstream.calls()).toHaveLength(0);
    installation.audit.refusing.clear();
    await eventually(() => expect(installation.audit.denials()).toHaveLength(1));
    expect(installation.policy.authorize.requests).toHaveLength(1);
  });
});

it('a gateway that has to stop cancels what runs too long, and records that first', async () => {
  const asked = expect(call('slow')).rejects.toThrow();
  await eventually(() => expect(upstream.calls()).toHaveLength(1));
  const [intent] = installation.audit.intents();
  const started = Date.now();
  await installation.stopGateway();
  expect(Date.now() - started).toBeLessThan(6000);
  expect(outcomesOf(intent)[0]?.entry.outcome.result).toBe('cancelled');
  await asked;
  release();
});

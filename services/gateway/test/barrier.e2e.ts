import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { HINTS, newId, VERBS } from '@portcullis/contracts';
import { eventually } from '@portcullis/platform/testing';
import { callTool, rpc, send, type RawAnswer } from './clients.js';
import { Installation } from './installation.js';
import type { TestMember } from './stand-ins/control.js';
import { startScriptedServer } from './upstreams/scripted-server.js';
import type { RecordingServer } from './upstreams/recording-server.js';

let installation: Installation;
let upstream: RecordingServer;
let member: TestMember;

beforeAll(async () => {
  installation = await Installation.prepare();
  upstream = await startScriptedServer({ tools: ['read'] });
  member = installation.control.addMember(installation.org);
  installation.control.addServer(installation.org, { slug: 'notes', url: upstream.url });
  installation.policy.labels.set('read', 'read');
  await installation.startGateway({ EGRESS_ALLOW: upstream.host });
});

afterAll(async () => {
  await installation?.stop();
  await upstream?.stop();
});

beforeEach(async () => {
  await installation.reset();
  const { leases } = installation.control;
  const position = leases.change([installation.org]);
  await eventually(() => expect(leases.acknowledged).toBeGreaterThanOrEqual(position));
  upstream.received.length = 0;
});

const call = (): Promise<RawAnswer> => callTool(installation.url('notes'), member.key, 'read');
const ping = (): Promise<RawAnswer> => rpc(installation.url(), member.key, { method: 'ping' });
const asked = (): number => installation.control.authenticate.requests.length;

describe('a gateway that can not renew its lease', () => {
  it('stops serving what it remembers, says so, and asks anew when it can', async () => {
    expect((await call()).json.result).toBeDefined();
    const { leases } = installation.control;
    leases.mode = 'silent';
    // Everything else still answers: only the lease is missing.
    const refused = await eventually(async () => {
      const answer = await call();
      expect(answer.status).toBe(503);
      return answer;
    });
    expect(refused.json.error).toMatchObject({ data: { code: 'UNAVAILABLE' } });
    expect(refused.json.error?.message).toContain('lease');
    const ready = await send(new URL('/health/ready', installation.origin), { method: 'GET' });
    expect(ready.status).toBe(503);
    expect(JSON.parse(ready.text)).toMatchObject({
      checks: expect.arrayContaining([expect.objectContaining({ name: 'lease', ok: false })]),
    });
    const touched = upstream.received.length;
    expect((await ping()).status).toBe(503);
    expect(upstream.received).toHaveLength(touched);

    // Meanwhile control has given this replica up, and something has changed.
    leases.forget();
    leases.change([installation.org], { hint: false });
    const before = asked();
    leases.mode = 'granting';
    expect((await eventually(call)).json.result).toBeDefined();
    expect(asked()).toBe(before + 1);
  });
});

describe('a call under way', () => {
  it('is not made any more when the lease has lapsed since it was decided', async () => {
    await call();
    const { control, audit } = installation;
    const before = audit.intents().length;
    upstream.received.length = 0;
    let release = (): void => undefined;
    audit.append.held = new Promise((resolve) => (release = resolve));
    const answering = call();
    await eventually(() => expect(audit.intents().length).toBe(before + 1));
    control.leases.mode = 'silent';
    await eventually(async () => expect((await ping()).status).toBe(503));
    release();
    expect((await answering).json.error).toMatchObject({ data: { code: 'UNAVAILABLE' } });
    expect(upstream.received).toEqual([]);
    // What was recorded and not done is said to be so.
    await eventually(() =>
      expect(audit.outcomes().map(({ entry }) => entry.outcome.result)).toContain('aborted'),
    );
  });
});

describe('a change', () => {
  it('makes the gateway ask anew before it acknowledges, without a hint too', async () => {
    await call();
    const before = asked();
    await call();
    expect(asked()).toBe(before);
    const { leases, directory } = installation.control;
    const position = leases.change([installation.org], { hint: false });
    await eventually(() => expect(leases.acknowledged).toBe(position));
    const [lists, reads] = [directory.requests.length, upstream.received.length];
    await call();
    expect(asked()).toBe(before + 1);
    expect(directory.requests).toHaveLength(lists + 1);
    // The catalogue and the call.
    expect(upstream.received.length).toBeGreaterThan(reads + 1);
  });

  it('of another organisation leaves the rest as it is', async () => {
    await call();
    const before = asked();
    const { leases } = installation.control;
    const position = leases.change([newId()]);
    await eventually(() => expect(leases.acknowledged).toBe(position));
    await call();
    expect(asked()).toBe(before);
  });
});

describe('a flood of forged hints', () => {
  it('costs a few renewals, and drops nothing', async () => {
    await call();
    const before = asked();
    const { renewals } = installation.control.leases;
    const since = renewals.length;
    const started = performance.now();
    for (let count = 0; count < 20_000; count += 1)
      installation.operator.publish(HINTS.changed.subject, '{"org":"*"}');
    await installation.operator.flush();
    expect((await call()).json.result).toBeDefined();
    expect(asked()).toBe(before);
    const elapsed = performance.now() - started;
    expect(renewals.length - since).toBeLessThanOrEqual(2 + elapsed / 50);
  });
});

describe('an answer about the lease that is not from control', () => {
  it('extends nothing', async () => {
    const { leases } = installation.control;
    leases.mode = 'silent';
    const forged = JSON.stringify({ position: 0, changed: [], extended: true });
    const posing = installation.operator.subscribe(VERBS.renewLease.subject, {
      callback: (_error, message) => void message.respond(forged),
    });
    await eventually(async () => expect((await ping()).status).toBe(503));
    posing.unsubscribe();
  });
});

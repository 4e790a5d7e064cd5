import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  b64u,
  generateReplyKey,
  REPLY_HEADER,
  replyKeyHash,
  VERBS,
  type Authorization,
} from '@portcullis/contracts';
import { headers, type Msg, type NatsConnection, type Subscription } from '@nats-io/transport-node';
import { eventually } from '@portcullis/platform/testing';
import { verifies } from '../../../tools/verifies.js';
import { callTool, type RawAnswer } from './clients.js';
import { Installation } from './installation.js';
import type { TestMember } from './stand-ins/control.js';
import { TamperingProxy } from './tampering-proxy.js';
import { startScriptedServer } from './upstreams/scripted-server.js';
import type { RecordingServer } from './upstreams/recording-server.js';

verifies('B3');

const SECRET = 'a-credential-that-the-broker-never-sees';

let installation: Installation;
let proxy: TamperingProxy;
let upstream: RecordingServer;
let member: TestMember;
let rogue: NatsConnection;
let posing: Subscription | undefined;

beforeAll(async () => {
  installation = await Installation.prepare();
  proxy = await TamperingProxy.start(installation.nats.url);
  upstream = await startScriptedServer({ tools: ['read', 'write'] });
  member = installation.control.addMember(installation.org);
  installation.control.addServer(installation.org, {
    slug: 'notes',
    url: upstream.url,
    slots: [{ slot: 'token', owner: 'organisation', header: 'X-Token', prefix: '' }],
  });
  installation.vault.secrets.set(`${installation.org} token`, SECRET);
  installation.policy.labels.set('read', 'read').set('write', 'write');
  await installation.capture();
  rogue = installation.operator;
  await installation.startGateway({ EGRESS_ALLOW: upstream.host }, proxy.url);
});

afterAll(async () => {
  await installation?.stop();
  await proxy?.stop();
  await upstream?.stop();
});

const call = (tool = 'read'): Promise<RawAnswer> =>
  callTool(installation.url('notes'), member.key, tool, { note: 'AAAAAAAA' });

beforeEach(async () => {
  posing?.unsubscribe();
  posing = undefined;
  proxy.reset();
  await installation.reset();
  expect((await call()).json.result).toBeDefined();
  await installation.settled();
  await installation.reset();
  upstream.received.length = 0;
});

/** Answers instead of the service, which is not there. */
async function pose(subject: string, answer: (message: Msg) => void): Promise<void> {
  posing = rogue.subscribe(subject, { callback: (_error, message) => answer(message) });
  await rogue.flush();
}

/** The gateway keeps nothing of this organisation: the next call asks control again. */
async function dropCaches(): Promise<void> {
  const { leases } = installation.control;
  const position = leases.change([installation.org]);
  await eventually(() => expect(leases.acknowledged).toBeGreaterThanOrEqual(position));
}

describe('a responder without the key', () => {
  const allow: Authorization = {
    decision: 'allow',
    decisionId: '01ARZ3NDEKTSV4RRFFQ69G5FAV',
    revision: 1,
    policyDigest: b64u(Buffer.alloc(32)),
    rule: 'members-may',
    label: 'read',
    reasons: [],
    message: 'Come in.',
    grants: { audit: 'e30.e30.e30', vault: 'e30.e30.e30' },
    denial: null,
    argumentSalt: b64u(Buffer.alloc(32)),
  };

  it('can not allow what policy would deny', async () => {
    await installation.policy.authorize.stop();
    await pose(VERBS.authorize.subject, (message) => message.respond(JSON.stringify(allow)));
    expect((await call('write')).json.error?.data['code']).toBe('UNAVAILABLE');
    expect(upstream.received).toHaveLength(0);
  });

  it('can not record in the place of audit', async () => {
    await installation.audit.append.stop();
    await pose(VERBS.append.subject, (message) => {
      const { entries } = VERBS.append.request.parse(JSON.parse(message.string()));
      const results = entries.map(({ recordId }) => ({
        ...{ status: 'recorded', recordId, stream: 's', revision: 0, receipt: 'e30.e30.e30' },
      }));
      message.respond(JSON.stringify({ results }));
    });
    expect((await call('write')).json.error?.data['code']).toBe('AUDIT_UNAVAILABLE');
    expect(upstream.received).toHaveLength(0);
  });

  it('can not give a credential in the place of the vault', async () => {
    await installation.vault.open.stop();
    await pose(VERBS.open.subject, (message) =>
      message.respond(JSON.stringify({ sealed: b64u(Buffer.alloc(320)) })),
    );
    expect((await call('write')).json.error?.data['code']).toBe('UNAVAILABLE');
    expect(upstream.received).toHaveLength(0);
  });

  it('can not say who somebody is', async () => {
    await dropCaches();
    await installation.control.authenticate.stop();
    const { principal } = member;
    const reply = { principal, assertion: 'e30.e30.e30', expiresAt: Math.floor(Date.now() / 1000) + 60 };
    await pose(VERBS.authenticate.subject, (message) => message.respond(JSON.stringify(reply)));
    const answer = await call();
    expect([answer.status, answer.json.error?.data['code']]).toEqual([503, 'UNAVAILABLE']);
    expect(upstream.received).toHaveLength(0);
  });

  it('can not say that somebody is nobody', async () => {
    await dropCaches();
    await installation.control.authenticate.stop();
    const error = { code: 'UNAUTHENTICATED', message: 'Who are you?' };
    await pose(VERBS.authenticate.subject, (message) => message.respond(JSON.stringify({ error })));
    expect((await call()).status).toBe(503);
  });
});

it('the answer to an equal request does not serve as the answer to this one', async () => {
  let recorded: Msg | undefined;
  const listening = rogue.subscribe('_INBOX_gateway.>', {
    callback: (_error, message) => {
      if (message.string().includes('"servers"')) recorded = message;
    },
  });
  await rogue.flush();
  await dropCaches();
  expect((await call()).json.result).toBeDefined();
  listening.unsubscribe();
  expect(recorded).toBeDefined();

  await dropCaches();
  await installation.control.directory.stop();
  await pose(VERBS.directory.subject, (message) => {
    const copy = headers();
    copy.set(REPLY_HEADER, recorded?.headers?.get(REPLY_HEADER) ?? '');
    message.respond(recorded?.data ?? new Uint8Array(), { headers: copy });
  });
  upstream.received.length = 0;
  const answer = await call();
  expect(answer.json.error?.data['code']).toBe('UNAVAILABLE');
  expect(upstream.received).toHaveLength(0);
});

describe('a broker that rewrites', () => {
  const swap = (from: string, to: string) => {
    let hits = 0;
    return {
      rewrite: (bytes: string): string => {
        if (bytes.includes(from)) hits += 1;
        return bytes.replaceAll(from, to);
      },
      hits: () => hits,
    };
  };

  it('can not change a decision', async () => {
    installation.policy.denied.add('write');
    // Of one length: what is denied at revision 7 would be said to be denied at revision 6.
    const change = swap('"revision":7', '"revision":6');
    proxy.incoming = change.rewrite;
    const answer = await call('write');
    expect(change.hits()).toBeGreaterThan(0);
    expect(answer.json.error?.data['code']).toBe('UNAVAILABLE');
    expect(answer.text).not.toContain('revision');
  });

  it('can not move somebody to another organisation', async () => {
    const victim = installation.control.addMember('01BX5ZZKBKACTAV9WEVGEMMVRZ');
    await dropCaches();
    const change = swap(installation.org, victim.principal.org);
    proxy.incoming = change.rewrite;
    const answer = await call();
    expect(change.hits()).toBeGreaterThan(0);
    expect(answer.status).toBe(503);
    expect(upstream.received).toHaveLength(0);
  });

  it('can not send a call to another address', async () => {
    const thief = await startScriptedServer({ tools: ['read'] });
    await dropCaches();
    const change = swap(upstream.host, thief.host);
    proxy.incoming = change.rewrite;
    const answer = await call();
    await thief.stop();
    expect(change.hits()).toBeGreaterThan(0);
    expect(answer.json.error?.data['code']).toBe('UNAVAILABLE');
    expect(thief.received).toHaveLength(0);
  });

  it('can not change the arguments that policy decides on', async () => {
    const change = swap('AAAAAAAA', 'BBBBBBBB');
    proxy.outgoing = change.rewrite;
    const answer = await call('write');
    expect(change.hits()).toBeGreaterThan(0);
    expect(answer.json.error?.data['code']).toBe('UNAVAILABLE');
    expect(installation.policy.authorize.refused).toBeGreaterThan(0);
    expect(upstream.received).toHaveLength(0);
  });

  it('can not have a credential sealed to its own key', async () => {
    const own = replyKeyHash(generateReplyKey().publicKey);
    proxy.outgoing = (bytes) => bytes.replace(/("replyKeyHash":")[^"]{43}/g, `$1${own}`);
    expect((await call('write')).json.error?.data['code']).toBe('UNAVAILABLE');
    expect(installation.policy.authorize.refused).toBeGreaterThan(0);
    expect(upstream.received).toHaveLength(0);
  });
});

it('a credential that was sealed to another key is not taken', async () => {
  installation.vault.otherReplyKey = generateReplyKey().publicKey;
  expect((await call('write')).json.error?.data['code']).toBe('DECRYPTION_FAILED');
  expect(upstream.received).toHaveLength(0);
  await installation.settled();
  expect(installation.audit.outcomes()[0]?.entry.outcome.result).toBe('aborted');
});

it('nothing that crosses the broker shows an API key or a credential', async () => {
  verifies('P5');
  await call('write');
  await installation.settled();
  const wire = installation.wire.join('\n');
  expect(wire).toContain(VERBS.open.subject);
  for (const secret of [SECRET, member.key]) {
    const forms = [secret, b64u(Buffer.from(secret)), Buffer.from(secret).toString('hex')];
    for (const form of forms) expect(wire.includes(form)).toBe(false);
    for (const form of forms) expect(installation.logs.join('').includes(form)).toBe(false);
  }
  expect(upstream.calls()[0]?.headers['x-token']).toBe(SECRET);
});

import { Controller, Module } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  AppError,
  newId,
  REPLY_HEADER,
  signRequest,
  VerbCaller,
  VERBS,
  type Verb,
} from '@portcullis/contracts';
import { headers as createHeaders, type NatsConnection } from '@nats-io/transport-node';
import { z } from 'zod';
import { verifies } from '../../../../tools/verifies.js';
import { currentCorrelation, withCorrelation } from '../logging/correlation.js';
import { createLogger } from '../logging/logger.js';
import { eventually, startNats, testTelemetry, testTrust, type TestNats } from '../testing/index.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import { NatsRequester } from './nats-requester.js';
import { serveVerbs } from './serve-verbs.js';
import { ServesVerb, type VerbContext } from './verb-handler.js';

interface Question {
  say: string;
}

/** On a subject that the broker's permissions know: from the gateway to the vault. */
const ECHO: Verb<Question, { said: string; caller: string }> = {
  ...VERBS.open,
  request: z.strictObject({ say: z.string() }),
  reply: z.strictObject({ said: z.string(), caller: z.string() }),
  maxRequestBytes: 1000,
  timeoutMs: 1000,
  mutates: true,
};
const ECHO_MANY = VERBS.open.many!;

const lines: string[] = [];
const logger = createLogger('test', 'debug', { write: (line: string) => void lines.push(line) });
let release: () => void = () => undefined;
let waiting = 0;

@Controller()
class EchoController {
  @ServesVerb(ECHO)
  async echo(@Payload() { say }: Question, @Ctx() { caller }: VerbContext) {
    if (say === 'refuse')
      throw new AppError('CREDENTIAL_MISSING', 'There is none.', { details: { slot: 'token' } });
    if (say === 'break') throw new Error('internal: hunter2');
    if (say === 'away') throw Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    if (say === 'correlation') return { said: currentCorrelation()?.correlationId ?? '', caller: caller.id };
    if (say === 'grow') return { said: 'x'.repeat(2 ** 21), caller: caller.id };
    if (say === 'wait')
      await new Promise<void>((resolve) => {
        release = resolve;
        waiting += 1;
      });
    return { said: say, caller: caller.id };
  }
}

@Module({ controllers: [EchoController] })
class EchoModule {}

const trust = testTrust();
const clock = () => new Date();
let nats: TestNats;
let served: NatsConnection;
let asking: NatsConnection;
let telemetry: Telemetry;
let app: Awaited<ReturnType<typeof serveVerbs>>;

beforeAll(async () => {
  nats = await startNats();
  [served, asking] = await Promise.all([nats.connectAs('vault'), nats.connectAs('gateway')]);
  telemetry = await testTelemetry('vault');
  app = await serveVerbs({
    module: EchoModule,
    connection: served,
    keyring: trust.keyring('vault'),
    logger,
    clock,
    telemetry,
  });
}, 20_000);

afterAll(async () => {
  await app.close();
  await Promise.all([served, asking].map((connection) => connection.close()));
  await nats.stop();
  trust.clean();
});

const callerOf = (installation = trust) =>
  new VerbCaller(new NatsRequester(asking), installation.keyring('gateway'));
const ask = (say: string) => callerOf().call(ECHO, { say });
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8');

/** A request of whoever has the gateway's user of the broker, and writes header and body himself. */
async function raw(body: string, token?: string): Promise<{ body: unknown; signed: boolean }> {
  const headers = createHeaders();
  if (token !== undefined) headers.set('Pc-Request', token);
  const answer = await asking.request(ECHO.subject, body, { timeout: 1000, headers });
  return { body: JSON.parse(text(answer.data)), signed: answer.headers?.has(REPLY_HEADER) ?? false };
}

const signed = (body: string, keyring = trust.keyring('gateway')) =>
  signRequest(keyring, 'vault', ECHO.subject, Buffer.from(body));
const error = (code: string) => ({ error: expect.objectContaining({ code }) });

beforeEach(() => void lines.splice(0));

describe('a verb between services', () => {
  it('gives the handler the request and its proven caller', async () => {
    await expect(ask('hello')).resolves.toEqual({ said: 'hello', caller: 'gateway' });
  });

  it('carries the code, message and details of a refusal', async () => {
    await expect(ask('refuse')).rejects.toMatchObject({
      code: 'CREDENTIAL_MISSING',
      message: 'There is none.',
      details: { slot: 'token' },
    });
  });

  it('shows a fixed text for a defect, and logs it once', async () => {
    await expect(ask('break')).rejects.toMatchObject({
      code: 'INTERNAL',
      message: expect.not.stringContaining('hunter2'),
    });
    expect(lines.filter((line) => line.includes('hunter2'))).toHaveLength(1);
  });

  it('counts what it refuses under the code that it answers', async () => {
    await expect(ask('away')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await telemetry.metrics.text()).toContain(
      `portcullis_verb_requests_total{verb="${ECHO.subject}",code="UNAVAILABLE"} 1`,
    );
  });

  it.each([
    ['no JSON', '{', 'INVALID_ARGUMENT'],
    ['a duplicate key', '{"say":"a","say":"b"}', 'INVALID_ARGUMENT'],
    ['an unknown field', '{"say":"a","sudo":true}', 'INVALID_ARGUMENT'],
    ['a body over the limit', JSON.stringify({ say: 'x'.repeat(2000) }), 'PAYLOAD_TOO_LARGE'],
  ])('refuses %s', async (_, body, code) => {
    expect((await raw(body, signed(body))).body).toEqual(error(code));
  });

  it('answers what is too large for one message with an error, and serves on', async () => {
    await expect(ask('grow')).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    await expect(ask('hello')).resolves.toMatchObject({ said: 'hello' });
  });

  it('answers a bare request with a readable error, not with silence', async () => {
    expect(await raw('{"say":"a"}')).toEqual({ body: error('UNAUTHENTICATED'), signed: false });
  });
});

describe('requests that come together', () => {
  it('are each validated, served and refused by themselves, in their order', async () => {
    const requests = [{ say: 'a' }, { say: 'refuse' }, { sudo: true }, { say: 'break' }, { say: 'b' }];
    const { replies } = await callerOf().call(ECHO_MANY, { requests });
    expect(replies).toEqual([
      { said: 'a', caller: 'gateway' },
      error('CREDENTIAL_MISSING'),
      error('INVALID_ARGUMENT'),
      error('INTERNAL'),
      { said: 'b', caller: 'gateway' },
    ]);
    expect(JSON.stringify(replies)).not.toContain('hunter2');
  });

  it.each([
    ['none at all', { requests: [] }],
    ['more than allowed', { requests: Array.from({ length: 33 }, () => ({ say: 'a' })) }],
  ])('are refused as a whole when there are %s', async (_, request) => {
    await expect(callerOf().call(ECHO_MANY, request)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('are served to the same callers only', async () => {
    const stranger = testTrust();
    await expect(callerOf(stranger).call(ECHO_MANY, { requests: [{ say: 'a' }] })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
    stranger.clean();
  });
});

describe('a broker that is not trusted', () => {
  it.each([
    ['of another installation', () => signed('{"say":"a"}', testTrust().keyring('gateway'))],
    ['of a service that may not ask', () => signed('{"say":"a"}', trust.keyring('control'))],
    ['for another body', () => signed('{"say":"b"}')],
    [
      'for another subject',
      () =>
        signRequest(trust.keyring('gateway'), 'vault', VERBS.listSecrets.subject, Buffer.from('{"say":"a"}')),
    ],
  ])('can not pass off a token %s', async (_, token) => {
    verifies('B3');
    expect(await raw('{"say":"a"}', token())).toEqual({ body: error('UNAUTHENTICATED'), signed: false });
  });

  it('can not have a request with an effect served twice', async () => {
    const token = signed('{"say":"once"}');
    expect((await raw('{"say":"once"}', token)).body).toMatchObject({ said: 'once' });
    expect((await raw('{"say":"once"}', token)).body).toEqual(error('UNAUTHENTICATED'));
  });

  it('is not believed when it answers itself, rewrites an answer, or gives the answer to another request', async () => {
    const genuine = await genuineAnswer('{"say":"hello"}');
    const answers: [string, string | undefined][] = [
      ['{"said":"forged","caller":"gateway"}', undefined],
      ['{"said":"forged","caller":"gateway"}', genuine.token],
      [genuine.body, genuine.token],
      ['{"error":{"code":"UNAUTHENTICATED","message":"go away"}}', undefined],
    ];
    for (const [body, token] of answers) {
      const headers: Record<string, string> = token === undefined ? {} : { [REPLY_HEADER]: token };
      const requester = { request: () => Promise.resolve({ body: Buffer.from(body), headers }) };
      const caller = new VerbCaller(requester, trust.keyring('gateway'));
      await expect(caller.call(ECHO, { say: 'hello' })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    }
  });

  async function genuineAnswer(body: string) {
    const headers = createHeaders();
    headers.set('Pc-Request', signed(body));
    const answer = await asking.request(ECHO.subject, body, { timeout: 1000, headers });
    return { body: text(answer.data), token: answer.headers?.get(REPLY_HEADER) ?? '' };
  }
});

describe('time', () => {
  it('ends a call whose callee is silent, and one that nobody serves', async () => {
    const silent = new VerbCaller(new NatsRequester(asking), trust.keyring('gateway'));
    await expect(silent.call(ECHO, { say: 'wait' }, { timeoutMs: 100 })).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
    });
    release();
    await expect(silent.call(VERBS.authorize as never, {} as never)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
  });

  it('serves a request under the id that its caller gives it, and under one of its own when that is none', async () => {
    const { calls } = await testTelemetry('gateway');
    const observed = new VerbCaller(new NatsRequester(asking), trust.keyring('gateway'), clock, calls);
    const correlationId = newId();
    const underId = (id: string) =>
      withCorrelation({ correlationId: id }, () => observed.call(ECHO, { say: 'correlation' }));
    expect(await underId(correlationId)).toMatchObject({ said: correlationId });
    const forged = await underId(`${correlationId} forged`);
    expect(forged).toMatchObject({ said: expect.stringMatching(/^[0-9A-Z]{26}$/) });
    expect(forged).not.toMatchObject({ said: correlationId });
  });

  it('lets what is under way be answered before the server closes', async () => {
    await app.close();
    const connection = await nats.connectAs('vault');
    const other = await serveVerbs({
      module: EchoModule,
      connection,
      keyring: trust.keyring('vault'),
      logger,
      clock,
      telemetry: await testTelemetry('vault'),
    });
    waiting = 0;
    const answer = ask('wait');
    await eventually(() => expect(waiting).toBe(1));
    let closed = false;
    const closing = other.close().then(() => (closed = true));
    await connection.flush();
    expect(closed).toBe(false);
    release();
    await expect(answer).resolves.toMatchObject({ said: 'wait' });
    await closing;
    await connection.close();
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { status, type ServiceDefinition, type ServiceError } from '@grpc/grpc-js';
import { ERROR_TABLE, newId, type CheckRequest, type ErrorCode, type Secret } from '@portcullis/contracts';
import { createLogger } from '@portcullis/platform';
import { eventually, testTelemetry } from '@portcullis/platform/testing';
import { verifies } from '../../../tools/verifies.js';
import type { PolicyApi } from '../src/check/policy-api.js';
import type { PolicyClients } from '../src/clients/policy-clients.js';
import { ERROR_CODE_TRAILER } from '../src/grpc/grpc-error.js';
import { startGrpcServer } from '../src/grpc/grpc-server.js';
import { AppError } from '@portcullis/contracts';
import { openClientToken } from './support/check-clients.js';
import { POLICY_SERVICE, policyService } from '../src/grpc/policy-proto.js';
import { GrpcCaller } from './support/grpc-caller.js';
import { fromGrpcCheck, toGrpcCheck } from './support/grpc-messages.js';
import { HealthClient } from './support/health-client.js';
import { PolicyInstallation } from './support/policy-installation.js';
import { ReflectionClient } from './support/reflection-client.js';
import { foundOrganisation, type SampleOrganisation } from './support/sample-organisation.js';

verifies('C2');

let installation: PolicyInstallation;
let sample: SampleOrganisation;
let token: Secret;
let grpc: GrpcCaller;
let health: HealthClient;

beforeAll(async () => {
  installation = await PolicyInstallation.start();
  sample = await foundOrganisation(installation);
  const reply = await installation.command(sample.admin, {
    type: 'AddPolicyClient',
    client: newId(),
    name: 'ci',
  });
  token = openClientToken(installation.trust.keyring('control'), sample.org, reply);
  grpc = new GrpcCaller(installation.grpcAddress);
  health = new HealthClient(installation.grpcAddress);
});
afterAll(async () => {
  grpc?.close();
  health?.close();
  await installation?.stop();
});

const question = (change: Partial<CheckRequest> = {}): CheckRequest => ({
  principal: sample.member.sub,
  operation: 'tool.call',
  server: 'notes',
  tool: 'list_notes',
  arguments: null,
  context: {},
  ...change,
});

const bearer = () => [`Bearer ${token.revealText()}`];

const decided = async () => fromGrpcCheck(await grpc.send('Check', toGrpcCheck(question()), bearer()));

async function failure(work: Promise<unknown>): Promise<{ code: number; ours: unknown; details: string }> {
  try {
    await work;
  } catch (error) {
    const { code, details, metadata } = error as ServiceError;
    return { code, details, ours: metadata.get(ERROR_CODE_TRAILER)[0] };
  }
  throw new Error('the call did not fail');
}

describe('who may ask', () => {
  it('is whoever has the token of a policy client', async () => {
    expect((await decided()).decision).toBe('allow');
  });

  it.each<[string, () => string[]]>([
    ['nobody', () => []],
    ['an empty token', () => ['Bearer ']],
    ['another scheme', () => [`Basic ${token.revealText()}`]],
    ['a token that is none', () => ['Bearer pcc_x']],
    ['a token with another secret', () => [`Bearer ${altered(token.revealText())}`]],
    [
      'a token with another checksum',
      () => [`Bearer ${token.revealText().slice(0, -1)}${token.revealText().endsWith('0') ? '1' : '0'}`],
    ],
  ])('is not %s', async (_name, authorization) => {
    const refused = await failure(grpc.send('Check', toGrpcCheck(question()), authorization()));
    expect(refused).toMatchObject({ code: status.UNAUTHENTICATED, ours: 'UNAUTHENTICATED' });
    expect(refused.details).not.toContain(token.revealText().slice(32, 60));
  });
});

function altered(text: string): string {
  const at = 40;
  return text.slice(0, at) + (text[at] === 'x' ? 'y' : 'x') + text.slice(at + 1);
}

describe('what is asked', () => {
  it.each<[string, object]>([
    ['no principal', { principal: null }],
    ['a principal that is no id', { principal: { user: 'alice' } }],
    ['no operation', { operation: 0 }],
    ['an unknown operation', { operation: 99 }],
    ['a server that is no slug', { server: 'Notes__x' }],
    ['a tool that is no name', { tool: 'list notes' }],
    ['a transport that is none', { context: { transport: 'pigeon' } }],
    ['a number that is not exact', { arguments: { fields: { n: { numberValue: 2 ** 53 } } } }],
    ['a number that is none', { arguments: { fields: { n: { numberValue: NaN } } } }],
    ['a value without a kind', { arguments: { fields: { n: {} } } }],
  ])('with %s is INVALID_ARGUMENT', async (_name, change) => {
    const sent = { ...toGrpcCheck(question()), ...change };
    expect(await failure(grpc.send('Check', sent, bearer()))).toMatchObject({
      code: status.INVALID_ARGUMENT,
      ours: 'INVALID_ARGUMENT',
    });
  });

  it('may not be too large', async () => {
    const big = { arguments: { fields: { text: { stringValue: 'x'.repeat(1_000_000) } } } };
    expect((await failure(grpc.send('Check', { ...toGrpcCheck(question()), ...big }, bearer()))).code).toBe(
      status.RESOURCE_EXHAUSTED,
    );
  });

  // The protobuf decoder has a limit of its own, below that of the JSON transports: it answers INTERNAL by itself.
  it.each([80, 3_000])('may not be nested %d deep', async (levels) => {
    const deep = { arguments: { fields: { n: nested(levels) } } };
    const refused = await failure(
      grpc.send('Check', { ...toGrpcCheck(question()), ...deep }, bearer(), 10_000),
    );
    expect([status.INVALID_ARGUMENT, status.INTERNAL]).toContain(refused.code);
    expect((await decided()).decision).toBe('allow');
  });
});

function nested(levels: number): object {
  let value: object = { boolValue: true };
  for (let level = 0; level < levels; level += 1) value = { listValue: { values: [value] } };
  return value;
}

describe('errors', () => {
  const failing = async (thrown: unknown) => {
    const clients = { byToken: () => ({ org: sample.org, client: newId() }) } as unknown as PolicyClients;
    const failing = {
      run: () => {
        throw thrown;
      },
    };
    const api = { checkAccess: failing } as unknown as PolicyApi;
    const logger = createLogger('policy', 'silent');
    const server = await startGrpcServer({
      host: '127.0.0.1',
      port: 0,
      tls: null,
      clients,
      api,
      lease: { during: async (work) => work() },
      readiness: () => Promise.resolve({ ready: true }),
      logger,
      telemetry: await testTelemetry('policy'),
      outsideTrace: 'ignore',
    });
    const client = new GrpcCaller(`127.0.0.1:${server.port}`);
    const result = await failure(client.send('Check', toGrpcCheck(question()), ['Bearer pcc_any']));
    client.close();
    await server.stop();
    return result;
  };

  it.each(Object.keys(ERROR_TABLE) as ErrorCode[])(
    '%s has its own status and says its code',
    async (code) => {
      expect(await failing(new AppError(code, `public ${code}`))).toEqual({
        code: ERROR_TABLE[code].grpc,
        ours: code,
        details: `public ${code}`,
      });
    },
  );

  it('that nobody foresaw are INTERNAL with a fixed text', async () => {
    const result = await failing(new TypeError('password=hunter2'));
    expect(result).toMatchObject({ code: status.INTERNAL, ours: 'INTERNAL' });
    expect(result.details).not.toContain('hunter2');
  });
});

describe('a server that is only looked at', () => {
  let reflection: ReflectionClient;
  beforeAll(() => {
    reflection = new ReflectionClient(installation.grpcAddress);
  });
  afterAll(() => reflection?.close());

  it('lists its services', async () => {
    expect(await reflection.services()).toEqual(['grpc.health.v1.Health', POLICY_SERVICE]);
  });

  it('describes them so that a client needs nothing else', async () => {
    const described = await reflection.describe(POLICY_SERVICE);
    const service = described[POLICY_SERVICE] as ServiceDefinition;
    expect(Object.keys(service).sort()).toEqual(Object.keys(policyService).sort());
    const sent = service['Check']!.requestSerialize({
      principal: { user: sample.member.sub },
      operation: 'OPERATION_TOOL_CALL',
      server: 'notes',
      tool: 'list_notes',
      at_least_revision: '1',
    });
    const asked = toGrpcCheck({ ...question(), atLeastRevision: 1 });
    expect(sent).toEqual(policyService['Check']!.requestSerialize({ ...asked, context: null }));
  });

  it('says whether it serves, as a whole and of the policy service', async () => {
    for (const service of ['', POLICY_SERVICE]) expect(await health.check(service)).toBe('SERVING');
    expect(await health.check('portcullis.vault.v1.VaultService')).toBe(status.NOT_FOUND);
    const { told, call } = health.watch('portcullis.vault.v1.VaultService');
    await eventually(() => expect(told).toEqual(['SERVICE_UNKNOWN']));
    call.cancel();
  });
});

describe('while the event store is silent', () => {
  it('nothing is decided after five seconds, and everything again when it speaks', async () => {
    installation.node.pause();
    await eventually(
      async () => {
        const refused = await failure(grpc.send('Check', toGrpcCheck(question()), bearer()));
        expect(refused).toMatchObject({ code: status.UNAVAILABLE, ours: 'UNAVAILABLE' });
      },
      { deadlineMs: 10_000 },
    );
    installation.node.resume();
    await eventually(async () => expect((await decided()).decision).toBe('allow'), { deadlineMs: 20_000 });
  });
});

describe('while the event store is away', () => {
  it('nothing is decided, and everything again when it is back', async () => {
    const { told, call } = health.watch(POLICY_SERVICE);
    await eventually(() => expect(told).toEqual(['SERVING']));
    await installation.node.kill();
    await eventually(async () => {
      const refused = await failure(grpc.send('Check', toGrpcCheck(question()), bearer()));
      expect(refused).toMatchObject({ code: status.UNAVAILABLE, ours: 'UNAVAILABLE' });
    });
    await eventually(() => expect(told).toEqual(['SERVING', 'NOT_SERVING']), { deadlineMs: 10_000 });
    expect(await health.check('')).toBe('NOT_SERVING');
    await installation.node.restart();
    await eventually(async () => expect((await decided()).decision).toBe('allow'), { deadlineMs: 20_000 });
    await eventually(() => expect(told).toEqual(['SERVING', 'NOT_SERVING', 'SERVING']), {
      deadlineMs: 10_000,
    });
    call.cancel();
  });
});

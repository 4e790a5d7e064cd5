import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  AuthzenClient,
  newId,
  VERBS,
  type Authorization,
  type CheckRequest,
  type Secret,
} from '@portcullis/contracts';
import { eventually } from '@portcullis/platform/testing';
import { openClientToken } from './support/check-clients.js';
import { GrpcCaller } from './support/grpc-caller.js';
import { HealthClient } from './support/health-client.js';
import { PolicyInstallation } from './support/policy-installation.js';
import { foundOrganisation, type SampleOrganisation } from './support/sample-organisation.js';

let installation: PolicyInstallation;
let sample: SampleOrganisation;
let token: Secret;
let grpc: GrpcCaller;

beforeAll(async () => {
  installation = await PolicyInstallation.start();
  sample = await foundOrganisation(installation);
  const client = { type: 'AddPolicyClient' as const, client: newId(), name: 'ci' };
  token = openClientToken(
    installation.trust.keyring('control'),
    sample.org,
    await installation.command(sample.admin, client),
  );
  grpc = new GrpcCaller(installation.grpcAddress);
});
afterAll(async () => {
  grpc?.close();
  await installation?.stop();
});

async function authorize(): Promise<Authorization> {
  return (await installation.as('gateway')).call(VERBS.authorize, {
    assertion: installation.assertion(sample.member),
    operation: 'tool.call',
    srv: sample.srv,
    tool: 'list_notes',
    observedDigest: null,
    arguments: {},
    context: {},
    replyKeyHash: null,
    call: newId(),
    attempt: 1,
  });
}

const question = (): CheckRequest => ({
  principal: sample.member.sub,
  operation: 'tool.call',
  server: 'notes',
  tool: 'list_notes',
  arguments: null,
  context: {},
});
const check = () => grpc.check(token, question());

const health = () => fetch(`http://127.0.0.1:${installation.policy.ready['httpPort']}/health/ready`);

describe('a replica of policy that can not renew its lease', () => {
  it('decides nothing on any transport and says so, until it can', async () => {
    expect((await authorize()).decision).toBe('allow');
    expect((await check()).decision).toBe('allow');
    installation.leases.mode = 'silent';
    await eventually(async () => expect((await health()).status).toBe(503));
    const refused = authorize();
    await expect(refused).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(refused).rejects.toThrow('lease');
    await expect(check()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    const authzen = new AuthzenClient(installation.authzenUrl, token);
    await expect(authzen.check(question())).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    const probe = new HealthClient(installation.grpcAddress);
    expect(await probe.check('')).toBe('NOT_SERVING');
    probe.close();
    installation.leases.forget();
    installation.leases.mode = 'granting';
    expect((await eventually(authorize)).decision).toBe('allow');
    expect((await check()).decision).toBe('allow');
    // Readiness is kept for a second.
    await eventually(async () => expect((await health()).status).toBe(200));
  });
});

describe('a change', () => {
  it('is acknowledged when it has been read, without a hint too', async () => {
    const { leases } = installation;
    for (const hint of [true, false]) {
      const position = leases.change([sample.org, newId()], { hint });
      await eventually(() => expect(leases.acknowledged).toBe(position));
    }
  });

  it('is not acknowledged while the event store does not answer', async () => {
    const { leases, node } = installation;
    const position = leases.change([], { hint: false });
    await eventually(() => expect(leases.acknowledged).toBe(position));
    node.pause();
    try {
      leases.change([sample.org]);
      await eventually(async () => expect((await health()).status).toBe(503), { deadlineMs: 10_000 });
      expect(leases.acknowledged).toBe(position);
    } finally {
      node.resume();
    }
    await eventually(() => expect(leases.acknowledged).toBe(position + 1), { deadlineMs: 15_000 });
    expect((await eventually(authorize)).decision).toBe('allow');
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId, type CheckRequest, type Decision, type Secret } from '@portcullis/contracts';
import type { NatsConnection } from '@nats-io/transport-node';
import { verifies } from '../../../tools/verifies.js';
import { checkOverNats, openClientToken } from './support/check-clients.js';
import { GrpcCaller } from './support/grpc-caller.js';
import { readCorpus, type CorpusCase, type Wanted } from './support/corpus.js';
import { PolicyInstallation } from './support/policy-installation.js';

verifies('B8', 'B11', 'C2', 'H2');

const corpus = readCorpus();
const home = { org: newId(), sub: newId() };
let installation: PolicyInstallation;
let tool: NatsConnection;
let grpc: GrpcCaller;

beforeAll(async () => {
  installation = await PolicyInstallation.start();
  await installation.command(null, {
    type: 'RegisterOrganisation',
    org: home.org,
    founder: home.sub,
    home: true,
  });
  tool = await installation.nats.connectAs('tool');
  grpc = new GrpcCaller(installation.grpcAddress);
});

afterAll(async () => {
  grpc?.close();
  await tool?.close();
  await installation?.stop();
});

type Answer = Omit<Decision, 'decisionId'> | { error: string };

async function answerOf(ask: () => Promise<Decision>): Promise<Answer> {
  try {
    const { decisionId: _unique, ...decision } = await ask();
    return decision;
  } catch (error) {
    return { error: (error as { code: string }).code };
  }
}

function expectWanted(answer: Answer, want: Wanted): void {
  if ('error' in want || 'error' in answer) {
    expect(answer).toEqual(want);
    return;
  }
  const { message, ...rest } = want;
  expect(answer).toMatchObject(rest);
  if (message !== undefined) expect(answer.message).toContain(message);
  expect(answer.message).toContain(`by rule "${want.rule}" at policy revision ${answer.revision}: `);
}

describe.each(corpus)('$name: $description', (given: CorpusCase) => {
  let token: Secret;
  beforeAll(async () => {
    const { org, admin } = given;
    await installation.command(home, { type: 'RegisterOrganisation', org, founder: admin, home: false });
    const addClient = { type: 'AddPolicyClient' as const, client: newId(), name: 'corpus' };
    const reply = await installation.command({ org, sub: admin }, ...given.commands, addClient);
    token = openClientToken(installation.trust.keyring('control'), org, reply);
  });

  it.each(given.checks)('$title', async ({ request, want }: { request: CheckRequest; want: Wanted }) => {
    const overNats = await answerOf(() => checkOverNats(tool, token, request));
    const overGrpc = await answerOf(() => grpc.check(token, request));
    expectWanted(overNats, want);
    expect(overGrpc).toEqual(overNats);
  });
});

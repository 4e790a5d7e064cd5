import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AuthzenClient, newId, type PolicyCommand, type Secret } from '@portcullis/contracts';
import type { NatsConnection } from '@nats-io/transport-node';
import { verifies } from '../../../tools/verifies.js';
import { openClientToken, overNats } from './support/check-clients.js';
import { readCorpus, type CorpusCase, type Wanted } from './support/corpus.js';
import { answerOf, answersOf, type Answer, type Face, type ManyFace } from './support/faces.js';
import { GrpcCaller } from './support/grpc-caller.js';
import { InProcessPolicy } from './support/in-process.js';
import { PolicyInstallation } from './support/policy-installation.js';
import { ask, FUZZ_ORGANISATION, fuzzCommands, fuzzQuestions } from './support/random-questions.js';

/** One corpus, put to every face: over NATS, gRPC and AuthZEN, and to the engine without any of them. */

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

interface Faces {
  single: Face[];
  many: ManyFace[];
}

/** Founds the organisation with a policy client, and everything that can be asked about it. */
async function found(org: string, admin: string, commands: readonly PolicyCommand[]): Promise<Faces> {
  const register: PolicyCommand = { type: 'RegisterOrganisation', org, founder: admin, home: false };
  const addClient: PolicyCommand = { type: 'AddPolicyClient', client: newId(), name: 'corpus' };
  await installation.command(home, register);
  const reply = await installation.command({ org, sub: admin }, ...commands, addClient);
  const token: Secret = openClientToken(installation.trust.keyring('control'), org, reply);
  const nats = overNats(tool, token);
  const authzen = new AuthzenClient(installation.authzenUrl, token);
  const inProcess = new InProcessPolicy(org, [[register], [...commands, addClient]]);
  return {
    single: [
      { name: 'in-process', check: (request) => inProcess.check(request) },
      { name: 'NATS', check: (request) => nats.check(request) },
      { name: 'gRPC', check: (request) => grpc.check(token, request) },
      { name: 'AuthZEN', check: (request) => authzen.check(request) },
    ],
    many: [
      { name: 'NATS', checkMany: async (items) => (await nats.checkMany({ items })).results },
      { name: 'gRPC', checkMany: async (items) => (await grpc.checkMany(token, items)).results },
      { name: 'AuthZEN', checkMany: (items) => authzen.checkMany({ items }) },
    ],
  };
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
  let faces: Faces;
  beforeAll(async () => {
    faces = await found(given.org, given.admin, given.commands);
  });

  it.each(given.checks)('$title', async ({ request, want }) => {
    const [first, ...others] = faces.single;
    const answer = await answerOf(() => first!.check(request));
    expectWanted(answer, want);
    for (const face of others) {
      expect({ [face.name]: await answerOf(() => face.check(request)) }).toEqual({ [face.name]: answer });
    }
  });

  it('says the same of all questions at once', async () => {
    const items = given.checks.map(({ request }) => request);
    const one = await Promise.all(items.map((item) => answerOf(() => faces.single[0]!.check(item))));
    // What makes a body no I-JSON makes all of it none; gRPC alone reads the others.
    const sound = one.every((answer) => !('error' in answer));
    for (const face of sound ? faces.many : []) {
      expect({ [face.name]: answersOf(await face.checkMany(items)) }).toEqual({ [face.name]: one });
    }
  });
});

/** Questions under way: enough to be quick, few enough for every deadline. */
const TOGETHER = 10;

describe('whatever is asked', () => {
  let faces: Faces;
  beforeAll(async () => {
    const { org, admin } = FUZZ_ORGANISATION;
    faces = await found(org, admin, fuzzCommands());
  });

  it('every face gives the same answer, one by one and together', async () => {
    const questions = fuzzQuestions(300);
    const answers: Awaited<ReturnType<typeof ask>>[] = [];
    for (let from = 0; from < questions.length; from += TOGETHER) {
      const some = questions.slice(from, from + TOGETHER);
      answers.push(...(await Promise.all(some.map((question) => ask(faces.single, question)))));
    }
    const seen: Record<string, number> = {};
    for (const [index, { expected, given }] of answers.entries()) {
      expect({ question: questions[index], ...given }).toEqual({
        question: questions[index],
        ...Object.fromEntries(Object.keys(given).map((name) => [name, expected])),
      });
      const kind = 'error' in expected ? expected.error : expected.decision;
      seen[kind] = (seen[kind] ?? 0) + 1;
    }
    // Usually a few dozen of each at least; questions that are all refused would show nothing.
    expect(
      Math.min(...['allow', 'deny', 'approval_required', 'INVALID_ARGUMENT'].map((kind) => seen[kind] ?? 0)),
    ).toBeGreaterThan(5);
    const sound = questions
      .filter((_question, index) => !('error' in answers[index]!.expected))
      .slice(0, 100);
    const wanted = answers
      .map(({ expected }) => expected)
      .filter((answer) => !('error' in answer))
      .slice(0, 100);
    for (const face of faces.many) {
      const items =
        face.name === 'gRPC' ? sound.filter(({ arguments: args }) => !Array.isArray(args)) : sound;
      const together = answersOf(await face.checkMany(items));
      expect(together).toEqual(wanted.filter((_answer, index) => items.includes(sound[index]!)));
    }
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { status, type ServiceError } from '@grpc/grpc-js';
import {
  errorBodySchema,
  issueClientToken,
  newId,
  POLICY_API_VERBS,
  REPLY_HEADER,
  REQUEST_HEADER,
  Secret,
  signClientRequest,
  verifyClientReply,
  type CheckItem,
} from '@portcullis/contracts';
import { headers, type NatsConnection } from '@nats-io/transport-node';
import { verifies } from '../../../tools/verifies.js';
import { openClientToken } from './support/check-clients.js';
import { GrpcCaller, type Method } from './support/grpc-caller.js';
import { toGrpcCheck, toGrpcCheckMany, toGrpcList } from './support/grpc-messages.js';
import { PolicyInstallation } from './support/policy-installation.js';
import { foundOrganisation, type SampleOrganisation } from './support/sample-organisation.js';

/** What goes wrong on the way to each method of the policy API, and what comes of it: always an error, never a decision. */

verifies('C2');

let installation: PolicyInstallation;
let sample: SampleOrganisation;
let tool: NatsConnection;
let grpc: GrpcCaller;
const tokens: Record<'good' | 'revoked' | 'foreign', Secret> = {} as never;

beforeAll(async () => {
  installation = await PolicyInstallation.start();
  sample = await foundOrganisation(installation);
  const add = async (): Promise<{ client: string; token: Secret }> => {
    const client = newId();
    const reply = await installation.command(sample.admin, { type: 'AddPolicyClient', client, name: 'test' });
    return { client, token: openClientToken(installation.trust.keyring('control'), sample.org, reply) };
  };
  const [good, revoked] = [await add(), await add()];
  await installation.command(sample.admin, { type: 'RevokePolicyClient', client: revoked.client });
  tokens.good = good.token;
  tokens.revoked = revoked.token;
  // The right client, under the key of another installation.
  tokens.foreign = issueClientToken(Secret.of('f'.repeat(43)), good.client, 1);
  tool = await installation.nats.connectAs('tool');
  grpc = new GrpcCaller(installation.grpcAddress);
});
afterAll(async () => {
  grpc?.close();
  await tool?.close();
  await installation?.stop();
});

const item = (): CheckItem => ({
  principal: sample.member.sub,
  operation: 'tool.call',
  server: 'notes',
  tool: 'list_notes',
  arguments: null,
  context: {},
});
const page = () => ({
  principal: sample.member.sub,
  server: null,
  context: {},
  pageSize: 5,
  continuation: null,
});

type Verb = keyof typeof POLICY_API_VERBS;
const BODIES: Record<Verb, () => object> = {
  check: item,
  checkMany: () => ({ items: [item()] }),
  listAllowed: page,
  explain: item,
};

interface Sent {
  body: Buffer;
  /** What is signed; the body itself where absent. */
  signed?: Buffer;
  subject?: string;
  token?: Secret | null;
}

/** `answered`, or the code of the error; where the caller is known the error must be proven. */
async function send(
  verb: Verb,
  { body, signed = body, subject, token = tokens.good }: Sent,
): Promise<string> {
  const sent = headers();
  const target = POLICY_API_VERBS[verb].subject;
  const request = token === null ? '' : signClientRequest(token, subject ?? target, signed);
  if (request !== '') sent.set(REQUEST_HEADER, request);
  const answer = await tool.request(target, body, { timeout: 5000, headers: sent });
  const proof = answer.headers?.get(REPLY_HEADER);
  if (proof) verifyClientReply(tokens.good, { request, body: answer.data, jws: proof });
  const error = errorBodySchema.safeParse(answer.json());
  if (!error.success) return 'answered';
  const { code } = error.data.error;
  expect(Boolean(proof)).toBe(code !== 'UNAUTHENTICATED' && code !== 'PAYLOAD_TOO_LARGE');
  return code;
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value), 'utf8');

describe.each(Object.keys(BODIES) as Verb[])('policy.v1.%s over NATS', (verb) => {
  const good = () => BODIES[verb]();

  it.each<[string, string, () => Sent]>([
    ['nothing', 'answered', () => ({ body: json(good()) })],
    ['no token', 'UNAUTHENTICATED', () => ({ body: json(good()), token: null })],
    ['a revoked client', 'UNAUTHENTICATED', () => ({ body: json(good()), token: tokens.revoked })],
    ['a foreign key', 'UNAUTHENTICATED', () => ({ body: json(good()), token: tokens.foreign })],
    ['another body than was signed', 'UNAUTHENTICATED', () => ({ body: json(good()), signed: json({}) })],
    [
      'another subject than was signed',
      'UNAUTHENTICATED',
      () => ({ body: json(good()), subject: 'policy.v1.command' }),
    ],
    ['a field more', 'INVALID_ARGUMENT', () => ({ body: json({ ...good(), grant: true }) })],
    ['no field at all', 'INVALID_ARGUMENT', () => ({ body: json({}) })],
    ['a list', 'INVALID_ARGUMENT', () => ({ body: json([good()]) })],
    ['broken JSON', 'INVALID_ARGUMENT', () => ({ body: Buffer.from('{"principal":') })],
    ['a duplicate key', 'INVALID_ARGUMENT', () => ({ body: Buffer.from('{"principal":1,"principal":2}') })],
    ['a key __proto__', 'INVALID_ARGUMENT', () => ({ body: Buffer.from('{"__proto__":{}}') })],
    ['invalid UTF-8', 'INVALID_ARGUMENT', () => ({ body: Buffer.from([0x22, 0xff, 0x22]) })],
    [
      'a revision that is none',
      'INVALID_ARGUMENT',
      () => ({ body: json({ ...good(), atLeastRevision: -1 }) }),
    ],
    ['too many bytes', 'PAYLOAD_TOO_LARGE', () => ({ body: Buffer.alloc(950 * 1024, 0x20) })],
  ])('with %s: %s', async (_name, wanted, sent) => {
    expect(await send(verb, sent())).toBe(wanted);
  });
});

const MESSAGES: Record<Method, () => object> = {
  Check: () => toGrpcCheck(item()),
  CheckMany: () => toGrpcCheckMany([item()]),
  ListAllowed: () => toGrpcList(page()),
  Explain: () => toGrpcCheck(item()),
};

describe.each(Object.keys(MESSAGES) as Method[])('%s over gRPC', (method) => {
  const outcome = async (message: object, authorization: string[], deadlineMs?: number): Promise<number> => {
    try {
      await grpc.send(method, message, authorization, deadlineMs);
      return status.OK;
    } catch (error) {
      return (error as ServiceError).code;
    }
  };
  const bearer = (token: Secret) => [`Bearer ${token.revealText()}`];
  const good = () => MESSAGES[method]();
  const large = () => ({
    ...good(),
    continuation: 'x'.repeat(950 * 1024),
    server: 'x'.repeat(950 * 1024),
    items: Array.from({ length: 20_000 }, () => toGrpcCheck(item())),
  });

  it.each<[string, number, () => Promise<number>]>([
    ['nothing', status.OK, () => outcome(good(), bearer(tokens.good))],
    ['no token', status.UNAUTHENTICATED, () => outcome(good(), [])],
    ['a revoked client', status.UNAUTHENTICATED, () => outcome(good(), bearer(tokens.revoked))],
    ['a foreign key', status.UNAUTHENTICATED, () => outcome(good(), bearer(tokens.foreign))],
    ['an empty message', status.INVALID_ARGUMENT, () => outcome({}, bearer(tokens.good))],
    ['too many bytes', status.RESOURCE_EXHAUSTED, () => outcome(large(), bearer(tokens.good))],
    ['no time', status.DEADLINE_EXCEEDED, () => outcome(good(), bearer(tokens.good), -1)],
  ])('with %s', async (_name, wanted, ask) => {
    expect(await ask()).toBe(wanted);
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { credentials, status, type ChannelCredentials, type ServiceError } from '@grpc/grpc-js';
import { issueClientToken, newId, Secret, type CheckItem } from '@portcullis/contracts';
import { initialState, Snapshot, type PolicyState } from '@portcullis/policy-engine';
import { createLogger } from '@portcullis/platform';
import { testTelemetry } from '@portcullis/platform/testing';
import { verifies } from '../../../tools/verifies.js';
import { policyApi } from '../src/check/policy-api.js';
import { organisationKey } from '../src/keys/organisation-key.js';
import { PolicyClients } from '../src/clients/policy-clients.js';
import { startGrpcServer, type RunningGrpcServer } from '../src/grpc/grpc-server.js';
import { testAuthority } from './support/certificates.js';
import { GrpcCaller } from './support/grpc-caller.js';
import { fromGrpcCheck, toGrpcCheck } from './support/grpc-messages.js';

/** The gRPC face where clients must have certificates: over real TLS, on policies that are made here. */

verifies('D5');

const [ORG, OTHER, MEMBER] = [newId(), newId(), newId()];
/** Of one organisation; revoked; of two organisations. */
const [CLIENT, REVOKED, SHARED, SECOND] = [newId(), newId(), newId(), newId()];
const ROOT = Secret.of('k'.repeat(43));
const TIME = '2026-01-02T03:04:05.678Z';

const clientsOf = (...clients: [string, boolean][]): PolicyState['clients'] =>
  new Map(
    clients.map(([client, active]) => [
      client,
      { client, name: 'test', since: TIME, generation: 1, active, addedBy: newId() },
    ]),
  );
const viewOf = (org: string, clients: PolicyState['clients']) => ({
  snapshot: new Snapshot({ ...initialState, org, clients }, 1),
  broken: null,
});
const views = new Map([
  [ORG, viewOf(ORG, clientsOf([CLIENT, true], [REVOKED, false], [SHARED, true], [SECOND, true]))],
  [OTHER, viewOf(OTHER, clientsOf([SHARED, true]))],
]);
const replica = {
  organisations: () => [...views.keys()],
  view: (org: string) => views.get(org)!,
  catchUp: () => Promise.resolve(),
};
const clock = () => new Date();

const authority = testAuthority('clients');
const servers = testAuthority('servers');
let server: RunningGrpcServer;
const callers: GrpcCaller[] = [];

beforeAll(async () => {
  const { certificate, key } = servers.issue({ dns: ['localhost'] });
  server = await startGrpcServer({
    host: '127.0.0.1',
    port: 0,
    tls: { certificate, privateKey: key, clientCa: authority.certificate },
    clients: new PolicyClients(replica, ROOT, clock),
    api: policyApi(replica, ROOT, clock),
    lease: { during: async (work) => work() },
    readiness: () => Promise.resolve({ ready: true }),
    logger: createLogger('policy', 'silent'),
    telemetry: await testTelemetry('policy'),
    outsideTrace: 'ignore',
  });
});
afterAll(async () => {
  for (const caller of callers) caller.close();
  await server?.stop();
});

const QUESTION: CheckItem = {
  principal: MEMBER,
  operation: 'tool.call',
  server: 'notes',
  tool: 'list_notes',
  arguments: null,
  context: {},
};

const bearer = (client: string): string[] => [
  `Bearer ${issueClientToken(organisationKey(ROOT, 'policy-clients', ORG), client, 1).revealText()}`,
];

/** The rule that decided, or the status of the refusal. */
async function ask(channel: ChannelCredentials, authorization: string[] = []): Promise<string | number> {
  const caller = new GrpcCaller(`localhost:${server.port}`, channel);
  callers.push(caller);
  try {
    return fromGrpcCheck(await caller.send('Check', toGrpcCheck(QUESTION), authorization)).rule;
  } catch (error) {
    return (error as ServiceError).code;
  }
}

function certified(uris: string[], by = authority, dns = ['tool.example']): ChannelCredentials {
  const { certificate, key } = by.issue({ dns, uris });
  return credentials.createSsl(servers.certificate, key, certificate);
}
const boundTo = (client: string): string => `portcullis:policy-client:${client}`;

describe('where client certificates are demanded', () => {
  it('a certificate that is bound to a policy client needs no token', async () => {
    expect(await ask(certified([boundTo(CLIENT)]))).toBe('not-a-member');
  });

  it('one that is bound to nobody needs one', async () => {
    expect(await ask(certified([]))).toBe(status.UNAUTHENTICATED);
    expect(await ask(certified([]), bearer(CLIENT))).toBe('not-a-member');
  });

  it('certificate and token must be of the same client', async () => {
    expect(await ask(certified([boundTo(CLIENT)]), bearer(CLIENT))).toBe('not-a-member');
    expect(await ask(certified([boundTo(CLIENT)]), bearer(SECOND))).toBe(status.UNAUTHENTICATED);
    expect(await ask(certified([boundTo(CLIENT)]), ['Bearer pcc_x'])).toBe(status.UNAUTHENTICATED);
  });

  it.each<[string, () => ChannelCredentials]>([
    ['without one', () => credentials.createSsl(servers.certificate)],
    ['with one of another authority', () => certified([boundTo(CLIENT)], testAuthority('clients'))],
    ['in clear', () => credentials.createInsecure()],
  ])('nobody gets in %s, with a good token either', async (_name, channel) => {
    expect(await ask(channel(), bearer(CLIENT))).toBe(status.UNAVAILABLE);
  });

  it.each<[string, () => ChannelCredentials]>([
    ['a client that is revoked', () => certified([boundTo(REVOKED)])],
    ['a client that nobody knows', () => certified([boundTo(newId())])],
    ['a client that two organisations have', () => certified([boundTo(SHARED)])],
    ['two clients', () => certified([boundTo(CLIENT), boundTo(SECOND)])],
    ['something that is no id', () => certified([boundTo('admin')])],
    ['a client, but in another kind of name', () => certified([], authority, [boundTo(CLIENT)])],
    [
      'a client, but inside another name',
      () => certified([], authority, [`a, URI:${boundTo(CLIENT)}, DNS:b`]),
    ],
  ])('a certificate proves nothing that is bound to %s', async (_name, channel) => {
    expect(await ask(channel())).toBe(status.UNAUTHENTICATED);
  });
});

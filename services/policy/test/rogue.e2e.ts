import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  AppError,
  errorBodySchema,
  inboxPrefix,
  issueToken,
  newId,
  REPLY_HEADER,
  REQUEST_HEADER,
  signRequest,
  VerbCaller,
  VERBS,
  type Authorization,
  type AuthorizeRequest,
  type Keyring,
  type ServiceName,
  type Verb,
} from '@portcullis/contracts';
import { connectEventStore, type EventStore, type StoredEvent } from '@portcullis/eventing';
import { NatsRequester } from '@portcullis/platform';
import { eventually, testTrust } from '@portcullis/platform/testing';
import { headers, type Msg, type NatsConnection } from '@nats-io/transport-node';
import { FactReader } from '../src/replica/fact-reader.js';
import { PolicyInstallation, type Who } from './support/policy-installation.js';
import { startPolicyProcess } from './support/policy-process.js';
import { foundOrganisation, type SampleOrganisation } from './support/sample-organisation.js';

/** Attacks on the way to policy and on what it rests on. Each case fails when the check it is named after is taken out. */

let installation: PolicyInstallation;
let sample: SampleOrganisation;
/** May publish and subscribe to anything: whoever owns the broker. */
let broker: NatsConnection;
let store: EventStore;

beforeAll(async () => {
  installation = await PolicyInstallation.start(startPolicyProcess);
  sample = await foundOrganisation(installation);
  broker = await installation.nats.connectAsOperator();
  store = connectEventStore({ url: installation.node.url });
});
afterAll(async () => {
  await store?.close();
  await broker?.close();
  await installation?.stop();
});

const callOf = (who: Who, change: Partial<AuthorizeRequest> = {}): AuthorizeRequest => ({
  assertion: installation.assertion(who),
  operation: 'tool.call',
  srv: sample.srv,
  tool: 'list_notes',
  observedDigest: null,
  arguments: null,
  context: {},
  replyKeyHash: null,
  call: newId(),
  attempt: 1,
  ...change,
});

const encode = (value: unknown): Buffer => Buffer.from(JSON.stringify(value), 'utf8');

/** Policy may answer into the inboxes of its callers only: the broker's owner reads those as well. */
const asGateway = () => ({ noMux: true, reply: `${inboxPrefix('gateway')}.${newId()}` });

/** Publishes through the broker with whatever token; answers the error code, or `answered`. */
async function send(subject: string, body: Buffer, token?: string): Promise<string> {
  const requestHeaders = headers();
  if (token !== undefined) requestHeaders.set(REQUEST_HEADER, token);
  const answer = await broker.request(subject, body, {
    timeout: 3000,
    headers: requestHeaders,
    ...asGateway(),
  });
  const error = errorBodySchema.safeParse(answer.json());
  return error.success ? error.data.error.code : 'answered';
}

const signed = (keyring: Keyring, verb: Verb<unknown, unknown>, body: Buffer): string =>
  signRequest(keyring, 'policy', verb.subject, body);

const keyring = (service: ServiceName): Keyring => installation.trust.keyring(service);

async function authorize(request: AuthorizeRequest): Promise<Authorization> {
  return (await installation.as('gateway')).call(VERBS.authorize, request);
}

describe('callers', () => {
  it('without a token, with a foreign key, or of another installation get nothing', async () => {
    const body = encode(callOf(sample.member));
    expect(await send(VERBS.authorize.subject, body)).toBe('UNAUTHENTICATED');
    expect(await send(VERBS.authorize.subject, body, 'a.b.c')).toBe('UNAUTHENTICATED');
    const foreign = testTrust();
    expect(
      await send(
        VERBS.authorize.subject,
        body,
        signed(foreign.keyring('gateway'), VERBS.authorize as never, body),
      ),
    ).toBe('UNAUTHENTICATED');
    foreign.clean();
    expect(
      await send(VERBS.authorize.subject, body, signed(keyring('gateway'), VERBS.authorize as never, body)),
    ).toBe('answered');
  });

  it.each<[ServiceName, keyof typeof VERBS]>([
    ['control', 'authorize'],
    ['control', 'filterTools'],
    ['vault', 'authorize'],
    ['audit', 'authorize'],
    ['gateway', 'authorizeAdmin'],
    ['gateway', 'policyCommand'],
    ['gateway', 'policyState'],
    ['gateway', 'check'],
    ['control', 'checkMany'],
    ['gateway', 'listAllowed'],
    ['audit', 'explain'],
  ])('%s may not call %s', async (service, name) => {
    const verb = VERBS[name] as unknown as Verb<unknown, unknown>;
    const body = encode(callOf(sample.member));
    expect(await send(verb.subject, body, signed(keyring(service), verb, body))).toBe('UNAUTHENTICATED');
  });

  it('are kept from foreign subjects by the broker as well', async () => {
    const control = await installation.nats.connectAs('control');
    const caller = new VerbCaller(new NatsRequester(control), keyring('control'));
    await expect(
      caller.call(VERBS.authorize, callOf(sample.member), { timeoutMs: 500 }),
    ).rejects.toBeInstanceOf(AppError);
    await control.close();
  });
});

describe('a broker that rewrites', () => {
  it('can not change a request', async () => {
    const body = encode(callOf(sample.member));
    const token = signed(keyring('gateway'), VERBS.authorize as never, body);
    const changed = encode({ ...callOf(sample.member), tool: 'create_note' });
    expect(await send(VERBS.authorize.subject, changed, token)).toBe('UNAUTHENTICATED');
    expect(await send(VERBS.filterTools.subject, body, token)).toBe('UNAUTHENTICATED');
  });

  it('can not repeat a command', async () => {
    const command = { type: 'AddMember' as const, user: newId() };
    const body = encode({
      assertion: installation.assertion(sample.admin),
      commandId: newId(),
      commands: [command],
    });
    const token = signed(keyring('control'), VERBS.policyCommand as never, body);
    expect(await send(VERBS.policyCommand.subject, body, token)).toBe('answered');
    expect(await send(VERBS.policyCommand.subject, body, token)).toBe('UNAUTHENTICATED');
  });

  it('can not turn a denial into an allow', async () => {
    const denied = callOf(sample.member, { tool: 'create_note' });
    const rogue = broker.subscribe('rogue.policy', {
      callback: (_error, message: Msg) => {
        void broker
          .request(VERBS.authorize.subject, message.data, {
            timeout: 2000,
            headers: message.headers!,
            ...asGateway(),
          })
          .then((answer) => {
            const allowed = encode({
              ...(answer.json() as object),
              decision: 'allow',
              grants: null,
              denial: null,
            });
            const replyHeaders = headers();
            replyHeaders.set(REPLY_HEADER, answer.headers!.get(REPLY_HEADER));
            message.respond(allowed, { headers: replyHeaders });
          });
      },
    });
    const redirecting = {
      request: (
        _subject: string,
        message: { body: Uint8Array; headers: Readonly<Record<string, string>> },
        timeoutMs: number,
      ) => new NatsRequester(broker).request('rogue.policy', message, timeoutMs),
    };
    const gateway = new VerbCaller(redirecting, keyring('gateway'));
    await expect(gateway.call(VERBS.authorize, denied)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('not proven'),
    });
    rogue.unsubscribe();
  });
});

describe('assertions', () => {
  const claims = (who: Who) => ({
    org: who.org,
    sub: who.sub,
    act: { client: null, agent: null },
    kind: 'user' as const,
    scopes: ['mcp'],
    sid: 'session',
    amr: ['key'],
    gen: 1,
  });

  it('are believed only if control made them for policy, in time', async () => {
    const control = keyring('control');
    const late = installation.trust.keyring('control', () => new Date(Date.now() - 120_000));
    const rejected = {
      'for audit': issueToken(control, 'pc-principal+jwt', 'audit', claims(sample.member)),
      expired: issueToken(late, 'pc-principal+jwt', 'policy', claims(sample.member)),
      'of another kind': issueToken(keyring('gateway'), 'pc-request+jwt', 'policy', { reqh: 'A'.repeat(43) }),
      unsigned: `${Buffer.from('{"alg":"none","typ":"pc-principal+jwt","kid":"x.y"}').toString('base64url')}.e30.e30`,
    };
    for (const assertion of Object.values(rejected)) {
      await expect(authorize(callOf(sample.member, { assertion }))).rejects.toMatchObject({
        code: 'UNAUTHENTICATED',
      });
    }
  });
});

describe('facts written straight into the event store', () => {
  let victim: SampleOrganisation;
  beforeEach(async () => {
    victim = await foundOrganisation(installation, sample);
  });
  const writes = () => callOf(victim.member, { srv: victim.srv, tool: 'create_note' });
  const stream = () => `policy-${victim.org}`;

  async function factsOf(name: string): Promise<StoredEvent[]> {
    const events: StoredEvent[] = [];
    for await (const event of store.read(name)) events.push(event);
    return events;
  }

  const unverified = async () => {
    const answer = await authorize(writes());
    expect(answer).toMatchObject({ decision: 'deny', rule: 'policy-unverified', grants: null });
    return answer;
  };

  const rule = {
    id: 'backdoor',
    effect: 'allow',
    subjects: { everyone: true },
    servers: ['*'],
    tools: ['*'],
  };
  const forgedRule = () => ({
    id: randomUUID(),
    type: 'policy.RuleAdded.v1',
    data: {
      org: victim.org,
      commandId: newId(),
      time: new Date().toISOString(),
      actor: { kind: 'user', id: victim.admin.sub },
      rule,
    },
  });

  afterEach(async () => {
    // Whatever was forged, the other organisations are served as before.
    expect((await authorize(callOf(sample.member))).decision).toBe('allow');
  });

  it('deny the organisation from then on, and are not relayed as if somebody had done them', async () => {
    expect((await authorize(writes())).decision).toBe('deny');
    await store.append(stream(), [forgedRule()], { expected: 'any' });
    // The forged fact is well formed: without verification it would open everything.
    const gullible = await new FactReader(store, () => undefined).load(victim.org);
    expect(gullible.state.rules.has('backdoor')).toBe(true);
    const answer = await eventually(unverified);
    expect(answer.message).toContain('it carries no signature');
    const entry = await eventually(() => {
      const found = installation.audit.entries.find(
        (candidate) =>
          candidate.kind === 'fact' &&
          candidate.action === 'policy.chain_broken' &&
          candidate.org === victim.org,
      );
      expect(found).toBeDefined();
      return found;
    });
    expect(JSON.stringify(entry)).not.toContain('backdoor');
    expect(JSON.stringify(installation.audit.entries)).not.toContain('backdoor');
  });

  it('deny when they are signed by another key, a copy of an old fact, or of another organisation', async () => {
    const [first] = await factsOf(`policy-${sample.org}`);
    const copied = { id: randomUUID(), type: first!.type, data: first!.data, metadata: first!.metadata! };
    await store.append(stream(), [copied], { expected: 'any' });
    expect((await eventually(unverified)).message).toContain('does not follow the fact before it');
  });

  it('are refused as the ground of a new fact: nothing is appended on top of them', async () => {
    await store.append(stream(), [forgedRule()], { expected: 'any' });
    const { length } = await factsOf(stream());
    await expect(
      installation.command(victim.admin, { type: 'AddMember', user: newId() }),
    ).rejects.toBeInstanceOf(AppError);
    expect(await factsOf(stream())).toHaveLength(length);
  });

  it('deny when the stream is removed and written anew', async () => {
    const facts = await factsOf(stream());
    await store.delete(stream());
    const rewritten = facts
      .slice(0, 3)
      .map(({ type, data, metadata }) => ({ id: randomUUID(), type, data, metadata: metadata! }));
    await store.append(stream(), rewritten, { expected: 'any' });
    await eventually(unverified);
  });

  it('in the registry alone make no organisation', async () => {
    const org = newId();
    const announced = {
      id: randomUUID(),
      type: 'policy.OrganisationAnnounced.v1',
      data: { org, time: new Date().toISOString() },
    };
    await store.append('policy-orgs', [announced], { expected: 'any' });
    expect(await authorize(callOf({ org, sub: newId() }))).toMatchObject({
      decision: 'deny',
      rule: 'organisation-unknown',
    });
  });
});

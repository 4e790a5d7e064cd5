import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  EachCaller,
  newId,
  VERBS,
  type ActivePolicy,
  type Authorization,
  type PolicyCommand,
  type VerbCaller,
} from '@portcullis/contracts';
import type { NatsConnection } from '@nats-io/transport-node';
import { connectEventStore } from '@portcullis/eventing';
import { NatsRequester, type RunningService } from '@portcullis/platform';
import { eventually } from '@portcullis/platform/testing';
import {
  decideQuestion,
  factCodec,
  organisation,
  policyStream,
  Snapshot,
  someone,
  type Fact,
} from '@portcullis/policy-engine';
import { PolicyInstallation, type Who } from './support/policy-installation.js';
import { startPolicyProcess } from './support/policy-process.js';
import { foundOrganisation, type SampleOrganisation } from './support/sample-organisation.js';

let installation: PolicyInstallation;
let second: RunningService;
let sample: SampleOrganisation;
let gateway: VerbCaller;
let control: NatsConnection;

beforeAll(async () => {
  installation = await PolicyInstallation.start(startPolicyProcess);
  sample = await foundOrganisation(installation);
  second = await installation.startReplica();
  gateway = await installation.as('gateway');
  control = await installation.nats.connectAs('control');
});
afterAll(async () => {
  await control?.close();
  await second?.stop();
  await installation?.stop();
});

const rule = (id: string, effect: 'allow' | 'deny', tool: string): PolicyCommand => ({
  type: 'AddRule',
  rule: { id, effect, subjects: { users: [sample.member.sub] }, servers: ['notes'], tools: [tool] },
});
const removed = (id: string): PolicyCommand => ({ type: 'RemoveRule', rule: id });

/** Two policies: by the one the member may read and not write, by the other it is the other way round. */
const READER = () => [
  rule('reader-reads', 'allow', 'list_notes'),
  rule('reader-writes-not', 'deny', 'create_note'),
];
const WRITER = () => [
  rule('writer-writes', 'allow', 'create_note'),
  rule('writer-reads-not', 'deny', 'list_notes'),
];
const TOOLS = ['list_notes', 'create_note'];
const CHANGES = 30;
const ASKING = 16;

interface Seen {
  tool: string;
  answer: Authorization;
}

async function authorize(tool: string): Promise<Seen> {
  const answer = await gateway.call(VERBS.authorize, {
    assertion: installation.assertion(sample.member),
    operation: 'tool.call',
    srv: sample.srv,
    tool,
    observedDigest: null,
    arguments: {},
    context: {},
    replyKeyHash: null,
    call: newId(),
    attempt: 1,
  });
  return { tool, answer };
}

/** Asks without a pause until it is told to stop. */
async function asking(until: { done: boolean }): Promise<Seen[]> {
  const seen: Seen[] = [];
  for (let n = 0; !until.done; n += 1) {
    seen.push(await authorize(TOOLS[n % TOOLS.length]!));
    await turn();
  }
  return seen;
}

async function storedFacts(): Promise<Fact[]> {
  const store = connectEventStore({ url: installation.node.url });
  const facts: Fact[] = [];
  for await (const event of store.read(policyStream(sample.org))) facts.push(factCodec.decode(event));
  await store.close();
  return facts;
}

/** What the policy of each revision says; only of those at which a request of an admin was complete. */
function policiesOf(facts: readonly Fact[]): Map<number, Snapshot> {
  let state = organisation.initialState();
  const policies = new Map<number, Snapshot>();
  for (const [revision, fact] of facts.entries()) {
    state = organisation.evolve(state, fact);
    const next = facts[revision + 1];
    if (next?.data.commandId !== fact.data.commandId) policies.set(revision, new Snapshot(state, revision));
  }
  return policies;
}

const saidBy = (policy: Snapshot, tool: string) =>
  decideQuestion(policy, {
    asker: someone(sample.member.sub),
    operation: 'tool.call',
    server: { srv: sample.srv },
    tool,
    arguments: {},
    context: {},
    time: new Date().toISOString(),
  });

describe('a policy that changes back and forth under load', () => {
  it('is decided on by two replicas as it was at the revision they name, never as a mixture', async () => {
    await installation.command(sample.admin, removed('members-read'), ...READER());
    const until = { done: false };
    const askers = Array.from({ length: ASKING }, () => asking(until));
    try {
      for (let n = 0; n < CHANGES; n += 1) {
        const [from, to] = n % 2 === 0 ? [READER(), WRITER()] : [WRITER(), READER()];
        const gone = from.map((command) => removed((command as { rule: { id: string } }).rule.id));
        await installation.command(sample.admin, ...gone, ...to);
      }
    } finally {
      until.done = true;
    }
    const seen = (await Promise.all(askers)).flat();
    const policies = policiesOf(await storedFacts());
    for (const { tool, answer } of seen) {
      const policy = policies.get(answer.revision);
      expect([answer.revision, policy === undefined]).toEqual([answer.revision, false]);
      const { decision, rule: decidedBy } = saidBy(policy!, tool);
      expect({
        revision: answer.revision,
        decision: answer.decision,
        rule: answer.rule,
        policyDigest: answer.policyDigest,
      }).toEqual({ revision: answer.revision, decision, rule: decidedBy, policyDigest: policy!.digest });
    }
    const revisions = new Set(seen.map(({ answer }) => answer.revision));
    expect(revisions.size).toBeGreaterThan(CHANGES / 2);
    expect(new Set(seen.map(({ answer }) => answer.decision))).toEqual(new Set(['allow', 'deny']));
  });
});

describe('the replicas', () => {
  function active(who: Who, expected: number): Promise<ActivePolicy[]> {
    const everyone = new EachCaller(new NatsRequester(control), installation.trust.keyring('control'));
    return everyone.call(VERBS.activePolicy, { assertion: installation.assertion(who) }, expected);
  }

  it('each say what they decide on, as soon as they are told of a change', async () => {
    const { revision, policyDigest } = await installation.command(sample.admin, {
      type: 'DefineRole',
      role: 'told',
      description: '',
    });
    const answers = await eventually(async () => {
      const found = await active(sample.admin, 2);
      expect(found).toHaveLength(2);
      for (const one of found) expect(one).toMatchObject({ revision, policyDigest });
      return found;
    });
    const names = new Set(answers.map(({ replica }) => replica));
    expect(names).toEqual(new Set(installation.leases.renewals.slice(-20).map(({ replica }) => replica)));
  });

  it('are believed by their keys: whoever else answers is not', async () => {
    const broker = await installation.nats.connectAsOperator();
    const made = { replica: newId(), revision: 9_999, policyDigest: 'A'.repeat(43) };
    broker.subscribe(VERBS.activePolicy.subject, {
      callback: (_error, message) => void message.respond(JSON.stringify(made)),
    });
    await broker.flush();
    const answers = await active(sample.admin, 3);
    await broker.close();
    expect(answers).toHaveLength(2);
    for (const { revision } of answers) expect(revision).toBeLessThan(made.revision);
  });

  it('are not waited for for ever, and tell nobody but an admin', async () => {
    expect(await active(sample.admin, 3)).toHaveLength(2);
    await expect(active(sample.member, 2)).rejects.toMatchObject({ code: 'DENIED_BY_POLICY' });
  });
});

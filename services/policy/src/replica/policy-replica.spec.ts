import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Fact, factCodec, initialState, policyStream } from '@portcullis/policy-engine';
import { BASE, MEMBER, ORG, run, TIME, ulid } from '@portcullis/policy-engine/testing';
import { MemoryStore } from '../../test/support/memory-store.js';
import { FactReader } from './fact-reader.js';
import { PolicyReplica } from './policy-replica.js';
import { OrganisationRegistry, registryCodec } from './registry.js';

const announce = (org: string) =>
  registryCodec.encode({ type: 'policy.OrganisationAnnounced', data: { org, time: TIME } });
const { state, facts } = run(initialState, ...BASE);
const removal: Fact[] = run(state, { type: 'RemoveMember', user: MEMBER }).facts;
const encoded = (all: Fact[]) => all.map((fact) => factCodec.encode(fact));

let store: MemoryStore;
let replica: PolicyReplica;
const isMember = (): boolean => replica.view(ORG).snapshot.state.members.has(MEMBER);

beforeEach(async () => {
  store = new MemoryStore();
  store.put('policy-orgs', [announce(ORG)]);
  store.put(policyStream(ORG), encoded(facts));
  replica = new PolicyReplica({
    store,
    reader: new FactReader(store, () => undefined),
    registry: new OrganisationRegistry(store),
    snapshots: { load: () => Promise.resolve(undefined) },
    onProblem: () => undefined,
  });
  await replica.start();
  store.reads.length = 0;
  store.put(policyStream(ORG), encoded(removal));
});
afterEach(() => replica.stop());

describe('a replica that is told of a change', () => {
  it('reads it from the store, however late its subscription is', async () => {
    expect(isMember()).toBe(true);
    await replica.refresh([ORG]);
    expect(isMember()).toBe(false);
    expect(store.reads.map(({ stream }) => stream)).toEqual([policyStream(ORG)]);
  });

  it('reads everything that is registered when it is told of no names', async () => {
    const other = ulid('AAA', 2);
    store.put('policy-orgs', [announce(other)]);
    await replica.refresh(null);
    expect(isMember()).toBe(false);
    expect(store.reads.map(({ stream }) => stream)).toContain(policyStream(other));
  });

  it('asks the leader of a cluster: a follower may not have it yet', async () => {
    await replica.refresh(null);
    for (const { options } of store.reads) expect(options).toMatchObject({ fromLeader: true });
  });

  it('has not applied it while the store does not answer', async () => {
    store.away = true;
    await expect(replica.refresh([ORG])).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    store.away = false;
    await replica.refresh([ORG]);
    expect(isMember()).toBe(false);
  });
});

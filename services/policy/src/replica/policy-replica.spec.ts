import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { AppError } from '@portcullis/contracts';
import { type Fact, factCodec, initialState, policyStream } from '@portcullis/policy-engine';
import type { EventStore, ReadOptions, StoredEvent, SubscriptionHandlers } from '@portcullis/eventing';
import { BASE, MEMBER, ORG, run, TIME, ulid } from '@portcullis/policy-engine/testing';
import { FactReader } from './fact-reader.js';
import { PolicyReplica } from './policy-replica.js';
import { OrganisationRegistry, registryCodec } from './registry.js';

/** A store whose subscription is as late as can be: it has caught up once, and delivers nothing. */
class LateStore implements Pick<EventStore, 'append' | 'read' | 'subscribe' | 'end' | 'ping'> {
  readonly streams = new Map<string, StoredEvent[]>();
  readonly reads: { stream: string; options: ReadOptions | undefined }[] = [];
  away = false;

  put(stream: string, events: { type: string; data: unknown }[]): void {
    const known = this.streams.get(stream) ?? [];
    const stored = events.map(({ type, data }, index) => ({
      id: randomUUID(),
      stream,
      type,
      data: data as StoredEvent['data'],
      revision: BigInt(known.length + index),
      position: 0n,
      metadata: undefined,
      created: new Date(TIME),
    }));
    this.streams.set(stream, [...known, ...stored]);
  }

  async *read(stream: string, options?: ReadOptions): AsyncGenerator<StoredEvent> {
    this.reads.push({ stream, options });
    if (this.away) throw new AppError('UNAVAILABLE', 'The event store can not be reached');
    const from = typeof options?.from === 'bigint' ? options.from : 0n;
    yield* (this.streams.get(stream) ?? []).filter(({ revision }) => revision >= from);
  }

  subscribe(_source: unknown, _options: unknown, handlers: SubscriptionHandlers) {
    setImmediate(() => handlers.caughtUp?.());
    return { stop: () => Promise.resolve() };
  }

  append = () => Promise.reject(new Error('not here'));
  end = () => Promise.resolve(0n);
  ping = () => Promise.resolve();
}

const announce = (org: string) =>
  registryCodec.encode({ type: 'policy.OrganisationAnnounced', data: { org, time: TIME } });
const { state, facts } = run(initialState, ...BASE);
const removal: Fact[] = run(state, { type: 'RemoveMember', user: MEMBER }).facts;
const encoded = (all: Fact[]) => all.map((fact) => factCodec.encode(fact));

let store: LateStore;
let replica: PolicyReplica;
const isMember = (): boolean => replica.view(ORG).snapshot.state.members.has(MEMBER);

beforeEach(async () => {
  store = new LateStore();
  store.put('policy-orgs', [announce(ORG)]);
  store.put(policyStream(ORG), encoded(facts));
  replica = new PolicyReplica({
    store,
    reader: new FactReader(store, () => undefined),
    registry: new OrganisationRegistry(store),
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

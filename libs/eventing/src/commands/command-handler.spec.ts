import { createHash, randomUUID } from 'node:crypto';
import { AppError } from '@portcullis/contracts';
import { startEventStoreNode, type TestNode } from '@portcullis/embedded-eventstore/testing';
import { connectEventStore } from '../eventstore-client.js';
import type { EventStore, JsonValue, NewEvent } from '../store/event-store.js';
import { counter, counterCodec, type CounterCommand } from '../testing/counter.fixture.js';
import { commandHandler, type CommandContext, type SealEvent } from './command-handler.js';
import type { ChainedEvent, VerifyHead, VerifyLink } from './event-stream.js';

const context: CommandContext = {
  correlation: 'c-1',
  causation: 'r-1',
  actor: { user: 'u-1' },
  time: '2026-11-21T12:00:00.000Z',
};
const add = (by: number, limit = 1_000): CounterCommand => ({ add: by, limit });

let node: TestNode;
let store: EventStore;
beforeAll(async () => {
  node = await startEventStoreNode();
  store = connectEventStore({ url: node.url });
});
afterAll(async () => {
  await store?.close();
  await node?.stop();
});

const base = { codec: counterCodec, decider: counter, streamOf: (id: string) => `counter-${id}` };

describe('commandHandler', () => {
  it('folds, decides, appends, and says what it did', async () => {
    const counters = commandHandler({ ...base, store });
    const id = randomUUID();
    expect(await counters.handle(id, add(2), context)).toMatchObject({ state: 2, revision: 0n });
    const second = await counters.handle(id, add(3), context);
    expect(second).toEqual({ events: [{ type: 'test.Added', data: { by: 3 } }], state: 5, revision: 1n });
    for await (const event of store.read(`counter-${id}`)) {
      expect(event).toMatchObject({ type: 'test.Added.v1', metadata: context });
    }
    const loaded = await counters.load(id);
    expect(loaded).toMatchObject({ state: 5, revision: 1n });
    await counters.handle(id, add(1), context);
    expect(await counters.load(id, loaded)).toMatchObject({ state: 6, revision: 2n });
  });

  it('stores nothing when nothing follows or the command is refused', async () => {
    const counters = commandHandler({ ...base, store });
    const id = randomUUID();
    expect(await counters.handle(id, add(0), context)).toEqual({ events: [], state: 0, revision: -1n });
    await expect(counters.handle(id, add(5, 4), context)).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
    });
    expect(await counters.load(id)).toMatchObject({ revision: -1n });
  });

  it('decides again on the new state when others were faster, so no rule is broken under contention', async () => {
    const counters = commandHandler({ ...base, store, maxRetries: 50 });
    const id = randomUUID();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, () => counters.handle(id, add(1, 15), context)),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(15);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected')
        expect(outcome.reason).toMatchObject({ code: 'FAILED_PRECONDITION' });
    }
    expect(await counters.load(id)).toMatchObject({ state: 15, revision: 14n });
  });

  it('gives up with CONFLICT after the last retry', async () => {
    let decisions = 0;
    const id = randomUUID();
    const meddling = {
      ...counter,
      decide: (command: CounterCommand, state: number) => {
        decisions += 1;
        return counter.decide(command, state);
      },
    };
    const overtaken: Pick<EventStore, 'append' | 'read'> = {
      read: (stream, options) => store.read(stream, options),
      append: async (stream, events, options) => {
        await store.append(stream, [other()], { expected: 'any' });
        return store.append(stream, events, options);
      },
    };
    const counters = commandHandler({ ...base, store: overtaken, decider: meddling, maxRetries: 2 });
    await expect(counters.handle(id, add(1), context)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(decisions).toBe(3);
  });

  it('does not retry a CONFLICT that the decision itself answers', async () => {
    let decisions = 0;
    const refusing = {
      ...counter,
      decide: () => {
        decisions += 1;
        throw new AppError('CONFLICT', 'Taken');
      },
    };
    const counters = commandHandler({ ...base, store, decider: refusing });
    await expect(counters.handle(randomUUID(), add(1), context)).rejects.toMatchObject({ message: 'Taken' });
    expect(decisions).toBe(1);
  });

  it('asks again when the answer to an append is lost, without storing it twice', async () => {
    let lost = 0;
    const forgetful: Pick<EventStore, 'append' | 'read'> = {
      read: (stream, options) => store.read(stream, options),
      append: async (stream, events, options) => {
        const result = await store.append(stream, events, options);
        if (lost++ === 0) throw new AppError('UNAVAILABLE', 'lost', { details: { outcome: 'unknown' } });
        return result;
      },
    };
    const counters = commandHandler({ ...base, store: forgetful });
    const id = randomUUID();
    expect(await counters.handle(id, add(4), context)).toMatchObject({ state: 4, revision: 0n });
    expect(await counters.load(id)).toMatchObject({ state: 4, revision: 0n });
    expect(lost).toBe(2);
  });
});

const other = (): NewEvent => ({ id: randomUUID(), type: 'test.Added.v1', data: { by: 1 } });

/** What an owner of a stream may do with the hooks: every event names the hash of the one before it. */
const hashOf = (event: Pick<ChainedEvent, 'id' | 'type' | 'data' | 'metadata'> | undefined): string =>
  createHash('sha256')
    .update(event ? JSON.stringify([event.id, event.type, event.data, event.metadata]) : '')
    .digest('hex');
const seal: SealEvent = (event, { previous }) => ({
  ...event,
  metadata: { ...(event.metadata as Record<string, JsonValue>), prev: hashOf(previous) },
});
const verify: VerifyLink = (event, previous) => {
  const { prev } = (event.metadata ?? {}) as { prev?: string };
  if (prev !== hashOf(previous)) throw new AppError('INTERNAL', 'The chain is broken');
};

describe('seal and verify', () => {
  const twice = {
    ...counter,
    decide: ({ add: by }: CounterCommand) =>
      [by, by].map((n) => ({ type: 'test.Added' as const, data: { by: n } })),
  };

  it('chain every event to the one before it, within an append too', async () => {
    const counters = commandHandler({ ...base, store, decider: twice, seal, verify });
    const id = randomUUID();
    await counters.handle(id, add(1), context);
    await counters.handle(id, add(2), context);
    expect(await counters.load(id)).toMatchObject({ state: 6, revision: 3n });
  });

  it('stop at an event that somebody else wrote into the stream', async () => {
    const counters = commandHandler({ ...base, store, seal, verify });
    const id = randomUUID();
    await counters.handle(id, add(1), context);
    await store.append(`counter-${id}`, [other()], { expected: 0n });
    await expect(counters.load(id)).rejects.toThrow('The chain is broken');
    await expect(counters.handle(id, add(1), context)).rejects.toThrow('The chain is broken');
  });

  it('check the last event of each reading once, and believe nothing of it when that fails', async () => {
    const heads: bigint[] = [];
    let refused = false;
    const verifyHead: VerifyHead = ({ revision }) => {
      heads.push(revision);
      if (refused) throw new AppError('INTERNAL', 'The head is not signed');
    };
    const counters = commandHandler({ ...base, store, decider: twice, seal, verify, verifyHead });
    const id = randomUUID();
    await counters.handle(id, add(1), context);
    await counters.handle(id, add(1), context);
    const loaded = await counters.load(id);
    expect(await counters.load(id, loaded)).toEqual(loaded);
    expect(heads).toEqual([1n, 3n]);
    refused = true;
    await expect(counters.load(id)).rejects.toThrow('The head is not signed');
    expect(await counters.load(id, loaded)).toEqual(loaded);
  });
});

describe('what is known of a stream', () => {
  it('is continued from, and never written over', async () => {
    const reads: unknown[] = [];
    const watched: Pick<EventStore, 'append' | 'read'> = {
      read: (stream, options) => {
        reads.push(options?.from);
        return store.read(stream, options);
      },
      append: (stream, events, options) => store.append(stream, events, options),
    };
    const plain = commandHandler({ ...base, store });
    const [id, setBack] = [randomUUID(), randomUUID()];
    await plain.handle(id, add(1), context);
    await plain.handle(id, add(2), context);
    const loaded = await plain.load(id);
    const counters = commandHandler({ ...base, store: watched, known: () => loaded });
    expect(await counters.handle(id, add(4), context)).toMatchObject({ state: 7, revision: 2n });
    expect(await counters.handle(id, add(8), context)).toMatchObject({ state: 15, revision: 3n });
    expect(reads).toEqual([2n, 2n]);
    // The store has fewer events than were read from it.
    await plain.handle(setBack, add(1), context);
    await expect(counters.handle(setBack, add(1), context)).rejects.toMatchObject({ code: 'CONFLICT' });
  });
});

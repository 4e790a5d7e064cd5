import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { AppError, Secret, type ErrorCode } from '@portcullis/contracts';
import { startEventStoreNode, type TestNode } from '@portcullis/embedded-eventstore/testing';
import { verifies } from '../../../tools/verifies.js';
import { connectEventStore } from './eventstore-client.js';
import type { EventStore, NewEvent, StoredEvent } from './store/event-store.js';
import { until } from './testing/until.js';

const newEvent = (n: number): NewEvent => ({
  id: randomUUID(),
  type: 'test.Happened.v1',
  data: { n, nothing: null },
  metadata: { who: 'test' },
});
const newEvents = (count: number) => Array.from({ length: count }, (_, n) => newEvent(n));
const newStream = (label = 'client') => `${label}-${randomUUID()}`;

async function all(events: AsyncIterable<StoredEvent>): Promise<StoredEvent[]> {
  const found: StoredEvent[] = [];
  for await (const event of events) found.push(event);
  return found;
}

async function refusal(work: Promise<unknown>, code: ErrorCode): Promise<AppError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(AppError);
  expect((error as AppError).code).toBe(code);
  return error as AppError;
}

describe('connectEventStore', () => {
  verifies('C3');
  let node: TestNode;
  let store: EventStore;
  beforeAll(async () => {
    node = await startEventStoreNode();
    store = connectEventStore({ url: Secret.of(node.url), appendTimeoutMs: 1_000, requestTimeoutMs: 1_000 });
  });
  afterAll(async () => {
    await store?.close();
    await node?.stop();
  });

  it('appends and reads back what was appended', async () => {
    const stream = newStream();
    const events = newEvents(3);
    const result = await store.append(stream, events, { expected: 'no_stream' });
    const stored = await all(store.read(stream));
    expect(result.revision).toBe(2n);
    expect(stored.map(({ id, type, data, metadata }) => ({ id, type, data, metadata }))).toEqual(events);
    expect(stored.map(({ revision }) => revision)).toEqual([0n, 1n, 2n]);
    expect(stored.at(-1)).toMatchObject({ stream, position: result.position });
    expect(await store.end()).toBe(result.position);
  });

  it('reads ranges both ways', async () => {
    const stream = newStream();
    await store.append(stream, newEvents(4), { expected: 'any' });
    const revisions = async (options: Parameters<EventStore['read']>[1]) =>
      (await all(store.read(stream, options))).map(({ revision }) => revision);
    expect(await revisions({ from: 2n })).toEqual([2n, 3n]);
    expect(await revisions({ limit: 2 })).toEqual([0n, 1n]);
    expect(await revisions({ direction: 'backwards', limit: 2 })).toEqual([3n, 2n]);
    expect(await revisions({ direction: 'backwards', from: 1n })).toEqual([1n, 0n]);
  });

  it('takes a missing, a deleted and a left read for what they are', async () => {
    const stream = newStream();
    expect(await all(store.read(stream))).toEqual([]);
    await store.append(stream, newEvents(500), { expected: 'no_stream' });
    for await (const event of store.read(stream)) if (event.revision === 2n) break;
    await store.delete(stream, { expected: 499n });
    expect(await all(store.read(stream))).toEqual([]);
    expect((await store.append(stream, [newEvent(1)], { expected: 'no_stream' })).revision).toBe(500n);
  });

  it('leaves as many reads as there are, once they are answered, and loses no connection by it', async () => {
    const stream = newStream();
    await store.append(stream, newEvents(2), { expected: 'no_stream' });
    const one = async (from: string): Promise<bigint | undefined> => {
      for await (const { revision } of store.read(from, { direction: 'backwards', limit: 1 }))
        return revision;
      return undefined;
    };
    // More than the thousand streams that a server lets a client reset at once.
    for (let rounds = 0; rounds < 60; rounds += 1) {
      const reads = Array.from({ length: 40 }, (_, n) => one(n % 4 === 0 ? newStream() : stream));
      expect(new Set(await Promise.all(reads))).toEqual(new Set([undefined, 1n]));
    }
  });

  it('keeps the last events of a stream, before there are any and after', async () => {
    const stream = newStream();
    await store.keepLast(stream, 2);
    await store.append(stream, newEvents(4), { expected: 'no_stream' });
    expect((await all(store.read(stream))).map(({ revision }) => revision)).toEqual([2n, 3n]);
    await store.keepLast(stream, 1);
    expect((await all(store.read(stream))).map(({ revision }) => revision)).toEqual([3n]);
  });

  it('says CONFLICT and where the stream really is', async () => {
    const stream = newStream();
    const early = await refusal(store.append(stream, [newEvent(0)], { expected: 3n }), 'CONFLICT');
    expect(early.details).toEqual({ outcome: 'not_appended', actual: 'no_stream' });
    await store.append(stream, newEvents(2), { expected: 'no_stream' });
    const late = await refusal(store.append(stream, [newEvent(0)], { expected: 'no_stream' }), 'CONFLICT');
    expect(late.details).toEqual({ outcome: 'not_appended', actual: '1' });
  });

  it('says FAILED_PRECONDITION of a tombstoned stream', async () => {
    const stream = newStream();
    await store.append(stream, [newEvent(0)], { expected: 'any' });
    await store.tombstone(stream);
    await refusal(store.append(stream, [newEvent(0)], { expected: 'any' }), 'FAILED_PRECONDITION');
    await refusal(all(store.read(stream)), 'FAILED_PRECONDITION');
  });

  it('refuses what can not be stored before it is sent', async () => {
    const stream = newStream();
    const large = { ...newEvent(0), data: 'x'.repeat(1024 * 1024) };
    await refusal(store.append(stream, [large], { expected: 'any' }), 'PAYLOAD_TOO_LARGE');
    await refusal(store.append(stream, [], { expected: 'any' }), 'INVALID_ARGUMENT');
    await refusal(store.append('', [newEvent(0)], { expected: 'any' }), 'INVALID_ARGUMENT');
    await refusal(
      store.append(stream, [{ ...newEvent(0), id: 'x' }], { expected: 'any' }),
      'INVALID_ARGUMENT',
    );
    const none = { ...newEvent(0), data: undefined as never };
    await refusal(store.append(stream, [none], { expected: 'any' }), 'INVALID_ARGUMENT');
    expect(await all(store.read(stream))).toEqual([]);
  });

  it('does not repeat the password of a connection string it can not parse', async () => {
    const work = Promise.resolve().then(() => connectEventStore({ url: 'esdb://u:hunter2@@h?x' }));
    const error = await refusal(work, 'INVALID_ARGUMENT');
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('hunter2');
  });

  it('handles events one at a time, and a checkpoint only after the events before it', async () => {
    const prefix = newStream('pump');
    for (let n = 0; n < 40; n += 1) {
      await store.append(n % 2 ? prefix : newStream(), newEvents(10), { expected: 'any' });
    }
    const log: string[] = [];
    let running = 0;
    let handled = 0n;
    const subscription = store.subscribe(
      { prefixes: [prefix] },
      { from: 'start', checkpointInterval: 32 },
      {
        event: async ({ position }) => {
          expect((running += 1)).toBe(1);
          await new Promise(setImmediate);
          running -= 1;
          expect(position).toBeGreaterThan(handled);
          handled = position;
        },
        checkpoint: async (position) => {
          const before = await all(store.readAll({ direction: 'backwards', from: position + 1n, limit: 40 }));
          const due = before.find(({ stream }) => stream === prefix)?.position ?? 0n;
          log.push(handled >= due ? 'checkpoint' : 'early checkpoint');
        },
        caughtUp: () => log.push('caught up'),
        failed: (error) => log.push(String(error)),
      },
    );
    await until(() => log.includes('caught up'));
    await subscription.stop();
    expect(new Set(log)).toEqual(new Set(['checkpoint', 'caught up']));
    expect(log.filter((entry) => entry === 'checkpoint').length).toBeGreaterThan(3);
  });

  it('ends a subscription whose handler fails, once, and calls nothing after it', async () => {
    const stream = newStream();
    await store.append(stream, newEvents(5), { expected: 'any' });
    const calls: string[] = [];
    store.subscribe(
      { stream },
      { from: 'start' },
      {
        event: ({ revision }) => {
          calls.push(`event ${revision}`);
          if (revision === 2n) throw new Error('broken handler');
        },
        failed: (error) => calls.push(error.message),
      },
    );
    await until(() => calls.includes('broken handler'));
    await store.append(stream, newEvents(1), { expected: 'any' });
    await store.ping();
    expect(calls).toEqual(['event 0', 'event 1', 'event 2', 'broken handler']);
  });

  it('says UNAVAILABLE with an unknown outcome when the store stays silent, and stores a repetition once', async () => {
    const stream = newStream();
    await store.append(stream, newEvents(1), { expected: 'no_stream' });
    const events = newEvents(2);
    node.pause();
    try {
      const silent = await refusal(store.append(stream, events, { expected: 0n }), 'UNAVAILABLE');
      expect(silent.details).toEqual({ outcome: 'unknown' });
      await refusal(store.ping(), 'DEADLINE_EXCEEDED');
      await refusal(store.delete(newStream()), 'DEADLINE_EXCEEDED');
    } finally {
      node.resume();
    }
    const again = await store.append(stream, events, { expected: 0n });
    expect(again.revision).toBe(2n);
    expect(await all(store.read(stream))).toHaveLength(3);
  });
});

describe('a read that is left early', () => {
  it('is freed, so that closing does not wait for it', async () => {
    const node = await startEventStoreNode();
    const store = connectEventStore({ url: node.url });
    const stream = newStream();
    await store.append(stream, newEvents(3), { expected: 'any' });
    for (let n = 0; n < 5; n += 1) for await (const _ of store.read(stream)) break;
    for await (const _ of store.readAll()) break;
    const started = performance.now();
    await store.close();
    expect(performance.now() - started).toBeLessThan(900);
    await node.stop();
  });
});

describe('a store that is gone', () => {
  it('fails appends as unknown, reads and subscriptions as unavailable, and works again when it is back', async () => {
    const node = await startEventStoreNode();
    const store = connectEventStore({ url: node.url, appendTimeoutMs: 5_000 });
    const stream = newStream();
    await store.append(stream, newEvents(1), { expected: 'any' });
    const failures: Error[] = [];
    store.subscribe(
      { stream },
      { from: 'start' },
      { event: () => undefined, failed: (error) => failures.push(error) },
    );
    await node.kill();
    const lost = await refusal(store.append(stream, newEvents(1), { expected: 'any' }), 'UNAVAILABLE');
    expect(lost.details).toEqual({ outcome: 'unknown' });
    await refusal(all(store.read(stream)), 'UNAVAILABLE');
    await until(() => failures.length > 0);
    expect(failures[0]).toMatchObject({ code: 'UNAVAILABLE' });
    await node.restart();
    await until(() =>
      store.ping().then(
        () => true,
        () => false,
      ),
    );
    expect((await all(store.read(stream))).length).toBeGreaterThanOrEqual(1);
    await store.close();
    await node.stop();
  });
});

import { randomUUID } from 'node:crypto';
import { startEventStoreNode, type TestNode } from '@portcullis/embedded-eventstore/testing';
import { connectEventStore } from '../eventstore-client.js';
import type { EventStore, StoredEvent } from '../store/event-store.js';
import { until } from '../testing/until.js';
import type { CheckpointStore } from './checkpoint-store.js';
import { runSubscription, type RunSubscriptionOptions } from './run-subscription.js';

/** A view and its checkpoint that change together or not at all, like two tables in one database. */
class View implements CheckpointStore<number[]> {
  rows: number[] = [];
  position: bigint | undefined;
  transactions = 0;

  load(): Promise<bigint | undefined> {
    return Promise.resolve(this.position);
  }

  async transact(_: string, position: bigint, work: (tx: number[]) => Promise<void>): Promise<void> {
    const draft = [...this.rows];
    await work(draft);
    this.rows = draft;
    if (this.position === undefined || position > this.position) this.position = position;
    this.transactions += 1;
  }
}

const newEvents = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => ({
    id: randomUUID(),
    type: 'test.Added.v1',
    data: { n: from + i },
  }));
const numberOf = (event: StoredEvent) => (event.data as { n: number }).n;
const range = (count: number) => Array.from({ length: count }, (_, i) => i);

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

describe('runSubscription', () => {
  let view: View;
  let prefix: string;
  beforeEach(() => {
    view = new View();
    prefix = `sub-${randomUUID()}`;
  });
  const run = (options: Partial<RunSubscriptionOptions<number[]>> = {}) =>
    runSubscription({
      store,
      name: 'view',
      filter: { prefixes: [prefix] },
      checkpoints: view,
      handle: (event, rows) => {
        rows.push(numberOf(event));
        return Promise.resolve();
      },
      backoff: { firstMs: 5, maxMs: 20 },
      ...options,
    });

  it('builds a view, says when it has caught up, and follows', async () => {
    await store.append(prefix, newEvents(0, 50), { expected: 'any' });
    const running = run();
    await running.caughtUp();
    expect(view.rows).toEqual(range(50));
    expect(running.status()).toMatchObject({ caughtUp: true, lagMs: 0, failures: 0 });
    const { position } = await store.append(`${prefix}-2`, newEvents(50, 1), { expected: 'any' });
    await until(() => view.rows.length === 51);
    expect(running.status().position).toBe(position);
    await running.stop();
  });

  it('goes on from its checkpoint after a restart, and keeps one over events that do not match', async () => {
    await store.append(prefix, newEvents(0, 10), { expected: 'any' });
    const first = run();
    await first.caughtUp();
    await first.stop();
    await store.append(`other-${randomUUID()}`, newEvents(0, 200), { expected: 'any' });
    await store.append(prefix, newEvents(10, 5), { expected: 'any' });
    const handled: number[] = [];
    const before = view.transactions;
    const second = run({
      handle: (event, rows) => {
        handled.push(rows.push(numberOf(event)));
        return Promise.resolve();
      },
    });
    await second.caughtUp();
    await second.stop();
    expect(handled).toHaveLength(5);
    expect(view.rows).toEqual(range(15));
    expect(view.transactions - before).toBeGreaterThan(5);
    expect(view.position).toBe(await store.end());
  });

  it('tries a failed event again, in order, without keeping half of it', async () => {
    await store.append(prefix, newEvents(0, 20), { expected: 'any' });
    const failures: number[] = [];
    let broken = 3;
    const running = run({
      handle: (event, rows) => {
        rows.push(numberOf(event));
        if (numberOf(event) === 7 && broken-- > 0) return Promise.reject(new Error('no'));
        return Promise.resolve();
      },
      onFailure: (error, attempt) => {
        expect(error.message).toBe('no');
        failures.push(attempt);
      },
    });
    await running.caughtUp();
    expect(view.rows).toEqual(range(20));
    expect(failures).toEqual([1, 2, 3]);
    await running.stop();
  });

  it('follows one stream by revision', async () => {
    await store.append(prefix, newEvents(0, 3), { expected: 'any' });
    view.position = 0n;
    const running = run({ filter: { stream: prefix } });
    await running.caughtUp();
    expect(view.rows).toEqual([1, 2]);
    expect(view.position).toBe(2n);
    await running.stop();
  });

  it('survives the store being killed under it', async () => {
    await store.append(prefix, newEvents(0, 10), { expected: 'any' });
    const running = run();
    await running.caughtUp();
    await node.kill();
    await until(() => running.status().failures > 0);
    expect(running.status().caughtUp).toBe(false);
    await node.restart();
    const events = newEvents(10, 10);
    await until(() =>
      store.append(prefix, events, { expected: 9n }).then(
        () => true,
        () => false,
      ),
    );
    await until(() => view.rows.length >= 20);
    expect(view.rows).toEqual(range(20));
    await running.stop();
  });

  it('stops in the middle of a failure, and says so to who waits', async () => {
    const { position } = await store.append(prefix, newEvents(0, 1), { expected: 'any' });
    const running = run({ handle: () => Promise.reject(new Error('always')), backoff: { firstMs: 60_000 } });
    await until(() => running.status().failures === 1);
    await running.stop();
    await expect(running.caughtUp()).rejects.toThrow('was stopped');
    expect(view.rows).toEqual([]);
    expect(view.position ?? 0n).toBeLessThan(position);
  });
});

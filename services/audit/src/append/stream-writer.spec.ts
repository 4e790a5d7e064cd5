import { AsyncLocalStorage } from 'node:async_hooks';
import { AppError } from '@portcullis/contracts';
import type { EventStore, NewEvent, StoredEvent } from '@portcullis/eventing';
import { StreamWriter } from './stream-writer.js';

type Behaviour = 'store' | 'store-and-break' | 'break' | 'silent' | 'conflict';

/** An event store that does what the script says, append by append; after the script it simply stores. */
class ScriptedStore implements Pick<EventStore, 'append' | 'read'> {
  readonly stored: NewEvent[] = [];
  readonly sizes: number[] = [];

  constructor(private readonly script: Behaviour[] = []) {}

  async append(_stream: string, events: readonly NewEvent[]) {
    const behaviour = this.script.shift() ?? 'store';
    this.sizes.push(events.length);
    if (behaviour === 'silent') return new Promise<never>(() => undefined);
    if (behaviour === 'conflict') throw new AppError('CONFLICT', 'The stream has changed meanwhile');
    if (behaviour !== 'break') this.stored.push(...events);
    if (behaviour !== 'store')
      throw new AppError('UNAVAILABLE', 'unknown', { details: { outcome: 'unknown' } });
    return { revision: BigInt(this.stored.length - 1), position: 0n };
  }

  async *read(): AsyncGenerator<StoredEvent> {
    for (const [index, event] of [...this.stored.entries()].reverse()) {
      yield { ...event, revision: BigInt(index) } as StoredEvent;
    }
  }
}

let next = 0;
function submission(overrides: { recordId?: string; repeated?: boolean; deadline?: number } = {}) {
  next += 1;
  const recordId = overrides.recordId ?? `record-${next}`;
  return {
    event: { id: `event-${next}`, type: 't', data: { recordId, n: next } },
    bytes: 100,
    deadline: overrides.deadline ?? Date.now() + 5000,
    repeated: overrides.repeated ?? false,
  };
}

const writerOn = (store: ScriptedStore): StreamWriter =>
  new StreamWriter({ store, stream: 's', now: Date.now });

describe('group commit', () => {
  it('writes what arrives in one tick in one append, and the rest when that is done', async () => {
    const store = new ScriptedStore();
    const writer = writerOn(store);
    const located = await Promise.all(Array.from({ length: 700 }, () => writer.submit(submission())));
    expect(store.sizes).toEqual([512, 188]);
    expect(located.map(({ revision }) => Number(revision))).toEqual(
      Array.from({ length: 700 }, (_, index) => index),
    );
  });

  it('cuts a batch by bytes', async () => {
    const store = new ScriptedStore();
    const writer = writerOn(store);
    await Promise.all([1, 2, 3].map(() => writer.submit({ ...submission(), bytes: 500 * 1024 })));
    expect(store.sizes).toEqual([1, 1, 1]);
  });
});

describe('an append', () => {
  it('happens on behalf of the first of its batch, also when another was under way', async () => {
    const asking = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    const store = new ScriptedStore();
    const append = store.append.bind(store);
    store.append = (...args) => {
      seen.push(asking.getStore());
      return append(...args);
    };
    const writer = writerOn(store);
    const submit = (who: string) =>
      asking.run(who, () => writer.submit({ ...submission(), bytes: 500 * 1024 }));
    await Promise.all(['first', 'second', 'third'].map(submit));
    expect(seen).toEqual(['first', 'second', 'third']);
  });
});

describe('an append with unknown outcome', () => {
  it('is found again when it did happen, and not stored twice', async () => {
    const store = new ScriptedStore(['store', 'store-and-break']);
    const writer = writerOn(store);
    await writer.submit(submission());
    const unknown = submission();
    expect(await writer.submit(unknown)).toEqual({ revision: 1n, data: unknown.event.data });
    expect(store.stored).toHaveLength(2);
  });

  it('is repeated when it did not happen', async () => {
    const store = new ScriptedStore(['break', 'break']);
    expect((await writerOn(store).submit(submission())).revision).toBe(0n);
    expect(store.sizes).toHaveLength(3);
  });

  it('is reported as unconfirmed when the store stays silent, within the deadline', async () => {
    const store = new ScriptedStore(['silent']);
    const writer = writerOn(store);
    const first = writer.submit(submission({ deadline: Date.now() + 1000 }));
    await expect(first).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    // The writer is not stuck behind it.
    await expect(writer.submit(submission())).resolves.toBeDefined();
  });

  it('does not send what nobody waits for any more', async () => {
    const store = new ScriptedStore(['silent']);
    const writer = writerOn(store);
    const first = writer.submit(submission({ deadline: Date.now() + 1000 }));
    await new Promise((resolve) => setImmediate(resolve));
    const behind = writer.submit(submission({ deadline: Date.now() + 500 }));
    await expect(behind).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(first).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(store.sizes).toEqual([1]);
  });
});

describe('a record that may be stored already', () => {
  it('is answered with its first occurrence', async () => {
    const store = new ScriptedStore();
    const writer = writerOn(store);
    const first = submission({ recordId: 'same' });
    await writer.submit(first);
    const again = await writer.submit(submission({ recordId: 'same', repeated: true }));
    expect(again).toEqual({ revision: 0n, data: first.event.data });
  });

  it('does not take new records down with it when the store refuses the mixture', async () => {
    const store = new ScriptedStore(['conflict']);
    const writer = writerOn(store);
    const located = await Promise.all([writer.submit(submission()), writer.submit(submission())]);
    expect(located.map(({ revision }) => revision)).toEqual([0n, 1n]);
    expect(store.sizes).toEqual([2, 1, 1]);
  });
});

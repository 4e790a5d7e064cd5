import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventStorage } from './event-storage.js';
import type { ProposedEvent } from './event-table.js';
import { openDatabase } from './open-database.js';

const newEvent = (size = 10): ProposedEvent => ({
  id: randomBytes(16),
  type: 'test.Happened.v1',
  isJson: false,
  data: new Uint8Array(size),
  metadata: new Uint8Array(),
});
const append = (storage: EventStorage, stream: string, ...events: ProposedEvent[]) =>
  storage.append({ stream, expected: 'any', events });
const positions = (storage: EventStorage) =>
  storage.log.events.scan(1, Number.MAX_SAFE_INTEGER, 'forwards', 10_000).map(({ position }) => position);

describe('EventStorage', () => {
  let directory: string;
  let file: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'event-storage-'));
    file = join(directory, 'events.db');
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('keeps its file to its user and to one process at a time', () => {
    const db = openDatabase(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(() => openDatabase(file)).toThrow(`${file}: another node has it open`);
    db.close();
    openDatabase(file).close();
  });

  it('refuses a file of another format', () => {
    const db = openDatabase(file);
    db.exec('PRAGMA user_version = 99');
    db.close();
    expect(() => openDatabase(file)).toThrow('its format is 99');
  });

  it('commits durably: WAL, fsync at every commit, and what is removed is overwritten', () => {
    const db = openDatabase(file);
    const pragma = (name: string) => Object.values(db.prepare(`PRAGMA ${name}`).get()!)[0];
    expect([pragma('journal_mode'), pragma('synchronous'), pragma('secure_delete')]).toEqual(['wal', 2, 1]);
    db.close();
  });

  it('on a full disk fails the append, keeps nothing of it, and what is small enough still goes in', async () => {
    const db = openDatabase(file);
    const storage = new EventStorage(db);
    await append(storage, 'a', newEvent());
    const pages = Number(Object.values(db.prepare('PRAGMA page_count').get()!)[0]);
    db.exec(`PRAGMA max_page_count = ${pages + 20}`);
    const before = positions(storage);
    const outcomes = await Promise.allSettled([
      append(storage, 'b', newEvent()),
      append(storage, 'c', ...Array.from({ length: 10 }, () => newEvent(50_000))),
      append(storage, 'd', newEvent()),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(positions(storage)).toHaveLength(before.length + 2);
    expect(storage.log.streams.find('c')).toBeUndefined();
    storage.close();
    const reopened = EventStorage.open(file);
    expect(positions(reopened)).toHaveLength(before.length + 2);
    reopened.close();
  });

  it('shares one commit between appends of one turn, and answers each for itself', async () => {
    const storage = EventStorage.open(file);
    let commits = 0;
    const count = () =>
      void storage.commits.next(AbortSignal.timeout(60_000)).then(() => ((commits += 1), count()));
    count();
    const outcomes = await Promise.all([
      storage.append({ stream: 's', expected: 'no_stream', events: [newEvent()] }),
      storage.append({ stream: 's', expected: 'no_stream', events: [newEvent()] }),
      storage.append({ stream: 's', expected: 0, events: [newEvent(), newEvent()] }),
    ]);
    expect(outcomes).toEqual([
      { kind: 'written', revision: 0, position: 1 },
      { kind: 'wrong_version', current: 0 },
      { kind: 'written', revision: 2, position: 3 },
    ]);
    await storage.commits.next(AbortSignal.timeout(60_000));
    expect(commits).toBe(1);
    storage.close();
  });

  it('wakes those who follow the log when the writers have had their turn', async () => {
    const storage = EventStorage.open(file);
    const order: string[] = [];
    const following = storage.commits
      .next(AbortSignal.timeout(60_000))
      .then(() => order.push('the follower reads'));
    await append(storage, 's', newEvent());
    // As a stream does with what is written to it.
    await new Promise<void>((resolve) => process.nextTick(resolve));
    order.push('the answer is sent');
    await following;
    expect(order).toEqual(['the answer is sent', 'the follower reads']);
    storage.close();
  });

  it('does not write what is past its deadline', async () => {
    const storage = EventStorage.open(file);
    const late = { stream: 's', expected: 'any', events: [newEvent()], deadlineMs: Date.now() - 1 } as const;
    expect(await storage.append(late)).toEqual({ kind: 'late' });
    expect(positions(storage)).toEqual([]);
    storage.close();
  });

  it('never lets its clock go back', async () => {
    const clock = [5_000, 1_000, 6_000];
    const storage = new EventStorage(openDatabase(file), { now: () => clock.shift()! });
    for (const stream of ['a', 'b', 'c']) await append(storage, stream, newEvent());
    expect([1, 2, 3].map((position) => storage.log.events.at(position)!.createdMs)).toEqual([
      5_000, 5_000, 6_000,
    ]);
    storage.close();
  });

  it('takes a soft deleted stream for deleted where it has to exist, and for missing where it must not', async () => {
    const storage = EventStorage.open(file);
    await append(storage, 's', newEvent(), newEvent());
    await storage.delete('s', 1);
    const at = (expected: 'stream_exists' | 'no_stream' | number) =>
      storage.append({ stream: 's', expected, events: [newEvent()] });
    expect(await at('stream_exists')).toEqual({ kind: 'deleted' });
    expect(await at(0)).toEqual({ kind: 'wrong_version', current: 1 });
    expect(await at('no_stream')).toMatchObject({ kind: 'written', revision: 2 });
    storage.close();
  });
});

import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import {
  binaryEvent,
  closeClient,
  EventStoreDBClient,
  eventsOf,
  jsonEvent,
  newEvent,
  newEvents,
  newStream,
  numbersOf,
  rejection,
  StreamDeletedError,
  type Client,
} from '../src/testing/semantics/client.js';
import { Collector } from '../src/testing/semantics/collector.js';
import { startEventStoreNode, type TestNode, type TestNodeOptions } from '../src/testing/start-node.js';
import { completed, Operations, ScavengeResult, scavengeEvents } from './operations.js';

let node: TestNode;
let client: Client;
let operations: Operations;

async function begin(options: TestNodeOptions = {}): Promise<void> {
  node = await startEventStoreNode(options);
  client = EventStoreDBClient.connectionString(node.url);
  operations = new Operations(node);
}
afterEach(async () => {
  operations?.close();
  if (client) await closeClient(client);
  await node?.stop();
});

const marked = (n: number, canary: string) => jsonEvent({ type: 'kit.Marked.v1', data: { n, canary } });
const newCanary = () => `canary-${randomBytes(12).toString('hex')}`;

/** How often each text is in the files of the store: database, write-ahead log, shared memory, copies. */
function occurrences(texts: string[]): number[] {
  const names = readdirSync(node.directory).filter((name) => name.startsWith('events.db'));
  const files = names.map((name) => readFileSync(join(node.directory, name), 'latin1'));
  return texts.map((text) => files.reduce((sum, file) => sum + file.split(text).length - 1, 0));
}

async function scavenged(): Promise<Record<string, unknown>> {
  const { scavengeId, scavengeResult } = await operations.start();
  expect(scavengeResult).toBe(ScavengeResult.STARTED);
  return completed(client, scavengeId);
}

describe('a scavenge', () => {
  it('takes what was deleted, truncated, expired and tombstoned from the disk, and nothing else', async () => {
    await begin();
    const [deleted, truncated, counted, aged, tombstoned, kept] = Array.from({ length: 6 }, () =>
      newStream(),
    );
    const gone = Array.from({ length: 5 }, newCanary);
    const stays = newCanary();
    const large = 'x'.repeat(20_000);
    for (const [i, stream] of [deleted, truncated, counted, aged].entries()) {
      await client.appendToStream(stream!, [marked(0, gone[i]! + large), marked(1, gone[i]!), newEvent(2)]);
    }
    await client.appendToStream(tombstoned!, marked(0, gone[4]!));
    await client.appendToStream(kept!, [marked(0, stays), newEvent(1)]);
    await client.setStreamMetadata(truncated!, { truncateBefore: 2 });
    await client.setStreamMetadata(counted!, { maxCount: 1, note: newCanary() } as never);
    await client.setStreamMetadata(counted!, { maxCount: 1 });
    await client.setStreamMetadata(aged!, { maxAge: 1 });
    await client.deleteStream(deleted!);
    await client.setStreamMetadata(tombstoned!, { maxCount: 5 });
    await client.tombstoneStream(tombstoned!);
    while ((await numbersOf(client.readStream(aged!))).length > 0);
    expect(occurrences(gone).every((times) => times > 0)).toBe(true);

    expect(await scavenged()).toMatchObject({ result: 'Success', spaceSaved: expect.any(Number) });

    expect(occurrences(gone)).toEqual([0, 0, 0, 0, 0]);
    expect(occurrences([stays])[0]).toBeGreaterThan(0);
    expect(await numbersOf(client.readStream(kept!))).toEqual([0, 1]);
    const left = await eventsOf(client.readAll());
    const of = (stream: string) => left.filter(({ streamId }) => streamId === stream);
    // The last event of a stream stays, readable or not, so that its revisions go on.
    for (const stream of [deleted, truncated, counted, aged])
      expect(of(stream!).map(({ revision }) => revision)).toEqual([2n]);
    expect(of(tombstoned!).map(({ type }) => type)).toEqual(['$streamDeleted']);
    expect(of(`$$${counted}`)).toHaveLength(1);
    expect(of(`$$${tombstoned}`)).toEqual([]);
  });

  it('leaves revisions, tombstones, metadata and expected revisions as they were, also after a restart', async () => {
    await begin();
    const [deleted, counted, tombstoned] = [newStream(), newStream(), newStream()];
    for (const stream of [deleted, counted, tombstoned]) await client.appendToStream(stream, newEvents(5));
    const repeated = [newEvent(5), newEvent(6)];
    const first = await client.appendToStream(counted, repeated, { expectedRevision: 4n });
    await client.setStreamMetadata(counted, { maxCount: 3 });
    await client.deleteStream(deleted);
    await client.setStreamMetadata(tombstoned, { maxCount: 2 });
    await client.tombstoneStream(tombstoned);
    await scavenged();
    await node.terminate();
    await node.restart();
    await closeClient(client);
    client = EventStoreDBClient.connectionString(node.url);
    expect(await numbersOf(client.readStream(counted))).toEqual([4, 5, 6]);
    expect(await client.appendToStream(counted, repeated, { expectedRevision: 4n })).toEqual(first);
    expect((await client.getStreamMetadata(counted)).metadata).toEqual({ maxCount: 3 });
    await rejection(client.appendToStream(tombstoned, newEvent(9)), StreamDeletedError);
    const recreated = await client.appendToStream(deleted, newEvent(5), { expectedRevision: 'no_stream' });
    expect(recreated.nextExpectedRevision).toBe(5n);
    expect(await numbersOf(client.readStream(deleted))).toEqual([5]);
    expect(recreated.position!.commit).toBeGreaterThan(first.position!.commit);
  });

  it('again and again leaves no trace of what went before', async () => {
    await begin();
    const stream = newStream();
    const all: string[] = [];
    for (let round = 1; round <= 4; round += 1) {
      const canaries = Array.from({ length: 400 }, newCanary);
      await client.appendToStream(
        stream,
        canaries.map((canary, n) => marked(n, canary + 'y'.repeat((n * 37) % 900))),
      );
      all.push(...canaries);
      await client.setStreamMetadata(stream, { truncateBefore: round * 300 });
      await scavenged();
      const found = occurrences(all);
      expect(found.slice(0, round * 300).filter((times) => times > 0)).toEqual([]);
      expect(found.slice(round * 300).every((times) => times > 0)).toBe(true);
    }
  }, 60_000);

  it('gives the space back', async () => {
    await begin();
    const stream = newStream();
    for (let n = 0; n < 20; n += 1)
      await client.appendToStream(stream, binaryEvent({ type: 't', data: randomBytes(500_000) }));
    await client.setStreamMetadata(stream, { maxCount: 1 });
    const before = statSync(join(node.directory, 'events.db')).size;
    const { spaceSaved } = await scavenged();
    expect(spaceSaved).toBeGreaterThan(5_000_000);
    expect(statSync(join(node.directory, 'events.db')).size).toBeLessThanOrEqual(before - 5_000_000);
    expect(statSync(join(node.directory, 'events.db')).mode & 0o777).toBe(0o600);
  });
});

describe('while a scavenge runs', () => {
  const canary = newCanary();

  /** Enough for a scavenge of about a second, most of it to be removed. */
  async function fill(): Promise<string> {
    await begin({ scavengePauseMs: 50 });
    const stream = newStream();
    for (let n = 0; n < 4_800; n += 800)
      await client.appendToStream(
        stream,
        Array.from({ length: 800 }, (_, i) => marked(n + i, canary)),
      );
    await client.setStreamMetadata(stream, { maxCount: 10 });
    return stream;
  }
  /** The pages with the ten that stay may be in the database and in its write-ahead log. */
  function expectOnlyTenLeft(): void {
    expect([10, 20]).toContain(occurrences([canary])[0]);
  }
  const isRunning = () => existsSync(join(node.directory, 'events.db.scavenge'));

  it('appends, reads and subscriptions go on, and lose and repeat nothing', async () => {
    const old = await fill();
    const stream = newStream();
    const collector = new Collector().follow(client.subscribeToAll({ fromPosition: 'end' }));
    await collector.until(() => collector.caughtUp > 0);
    const ofStream = new Collector().follow(client.subscribeToStream(stream));
    const { scavengeId } = await operations.start();
    let duringIt = 0;
    let count = 0;
    let slowest = 0;
    let end: Record<string, unknown> | undefined;
    const ended = completed(client, scavengeId).then((details) => (end = details));
    for (; !end; count += 1) {
      if (isRunning()) duringIt += 1;
      const began = Date.now();
      await client.appendToStream(stream, newEvent(count), { expectedRevision: 'any' });
      slowest = Math.max(slowest, Date.now() - began);
      if (count % 20 === 0) expect(await numbersOf(client.readStream(old))).toHaveLength(10);
    }
    await ended;
    expect(end).toMatchObject({ result: 'Success' });
    expect(duringIt).toBeGreaterThan(20);
    expect(slowest).toBeLessThan(2_000);
    const wanted = Array.from({ length: count }, (_, n) => n);
    expect(await numbersOf(client.readStream(stream))).toEqual(wanted);
    for (const { events } of [collector, ofStream]) {
      const ours = () => events.filter(({ streamId }) => streamId === stream);
      await collector.until(() => ours().length >= count);
      expect(ours().map(({ data }) => (data as { n: number }).n)).toEqual(wanted);
    }
    await collector.stop();
    await ofStream.stop();
    expectOnlyTenLeft();
  }, 60_000);

  it('kill -9 loses nothing, and the next start goes on with it', async () => {
    const old = await fill();
    const { scavengeId } = await operations.start();
    while (!isRunning());
    const acknowledged = await client.appendToStream(newStream(), newEvent(1));
    await node.kill();
    expect(occurrences([canary])[0]).toBeGreaterThan(4_000);
    await node.restart();
    expect(await completed(client, scavengeId)).toMatchObject({ result: 'Success' });
    expectOnlyTenLeft();
    expect(isRunning()).toBe(false);
    expect((await eventsOf(client.readStream(old))).map(({ revision }) => revision)).toEqual(
      Array.from({ length: 10 }, (_, n) => BigInt(4_790 + n)),
    );
    const { position } = acknowledged;
    expect(await eventsOf(client.readAll({ fromPosition: position!, maxCount: 1 }))).toHaveLength(1);
  }, 60_000);

  it('another one is not begun, and it can be stopped, by its id, without harm', async () => {
    await fill();
    const { scavengeId } = await operations.start();
    expect(await operations.start()).toEqual({ scavengeId, scavengeResult: ScavengeResult.INPROGRESS });
    await expect(operations.stop('another')).rejects.toMatchObject({ code: status.NOT_FOUND });
    expect(await operations.stop(scavengeId)).toEqual({ scavengeId, scavengeResult: ScavengeResult.STOPPED });
    expect((await scavengeEvents(client, scavengeId)).map(({ type, data }) => [type, data])).toMatchObject([
      ['$scavengeStarted', { scavengeId }],
      ['$scavengeCompleted', { scavengeId, result: 'Stopped' }],
    ]);
    expect(isRunning()).toBe(false);
    expect(occurrences([canary])[0]).toBeGreaterThan(4_000);
    await expect(operations.stop(scavengeId)).rejects.toMatchObject({ code: status.NOT_FOUND });
    expect(await scavenged()).toMatchObject({ result: 'Success' });
    expectOnlyTenLeft();
  }, 60_000);

  it('the node ends at once on SIGTERM, and goes on with it later', async () => {
    await fill();
    const { scavengeId } = await operations.start();
    expect(await node.terminate()).toBe(0);
    await node.restart();
    expect(await completed(client, scavengeId)).toMatchObject({ result: 'Success' });
  }, 60_000);
});

describe('the operations service', () => {
  it('is for those with the password only', async () => {
    await begin();
    const impostor = new Operations(node, { password: 'wrong' });
    await expect(impostor.start()).rejects.toMatchObject({ code: status.UNAUTHENTICATED });
    await expect(impostor.stop('any')).rejects.toMatchObject({ code: status.UNAUTHENTICATED });
    impostor.close();
  });

  it('does not pretend to scavenge from a chunk on', async () => {
    await begin();
    await expect(operations.start(3)).rejects.toMatchObject({ code: status.UNIMPLEMENTED });
  });
});

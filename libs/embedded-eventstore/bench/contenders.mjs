import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { startEventStoreNode } from '@portcullis/embedded-eventstore/testing';
import { EventStorage } from '../dist/storage/event-storage.js';
import { openDatabase } from '../dist/storage/open-database.js';

const TYPE = 'bench.Recorded.v1';
/** About what a record of a call is: 700 bytes and a little metadata. */
const DATA = {
  recordId: '01BX5ZZKBKACTAV9WEVGEMMVS3',
  call: { intent: null, server: 'slack', tool: 'send_message', label: 'write', attempt: 1 },
  hashes: Array.from({ length: 8 }, (_, n) => String(n).repeat(43)),
  text: 'Denied by no rule. '.repeat(10),
};
const METADATA = { correlation: '01BX5ZZKBKACTAV9WEVGEMMVS1', actor: '01BX5ZZKBKACTAV9WEVGEMMVRZ' };

/** Streams that appends in flight take turns on, so that each knows the revision it expects. */
class Lanes {
  #free;

  constructor(count) {
    this.#free = Array.from({ length: count }, () => ({ stream: `bench-${randomUUID()}`, revision: -1n }));
  }

  async use(work) {
    const lane = this.#free.pop();
    lane.revision = await work(lane.stream, lane.revision);
    this.#free.push(lane);
  }
}

/** The real node, a process of its own, over TLS and gRPC; appends name the revision that they expect. */
export async function node() {
  const server = await startEventStoreNode();
  const client = EventStoreDBClient.connectionString(server.url);
  const event = () => jsonEvent({ id: randomUUID(), type: TYPE, data: DATA, metadata: METADATA });
  const append = async (stream, revision, events) => {
    const batch = Array.from({ length: events }, event);
    const expectedRevision = revision < 0n ? 'no_stream' : revision;
    return (await client.appendToStream(stream, batch, { expectedRevision })).nextExpectedRevision;
  };
  const read = async (stream, options) => {
    let count = 0;
    for await (const each of client.readStream(stream, options)) if (each.event) count += 1;
    if (count !== options.maxCount) throw new Error(`read ${count} events instead of ${options.maxCount}`);
  };
  return {
    appender: (inFlight, events) => {
      const lanes = new Lanes(inFlight);
      return () => lanes.use((stream, revision) => append(stream, revision, events));
    },
    fill: (stream, events) => append(stream, -1n, events),
    read: (stream, maxCount) => read(stream, { maxCount }),
    last: (stream) => read(stream, { maxCount: 1, direction: 'backwards', fromRevision: 'end' }),
    close: async () => {
      await client.dispose();
      (await client.getChannel()).close();
      await server.stop();
    },
  };
}

const bytes = (value) => Buffer.from(JSON.stringify(value));
const proposed = () => {
  const id = Buffer.from(randomUUID().replaceAll('-', ''), 'hex');
  return { id, type: TYPE, isJson: true, data: bytes(DATA), metadata: bytes(METADATA) };
};

/** What the node does with its database, in this process: same checks, same group commit, no protocol. */
export function storage(directory) {
  const store = EventStorage.open(join(directory, 'storage.db'));
  const append = async (stream, revision, events) => {
    const batch = Array.from({ length: events }, proposed);
    const expected = revision < 0n ? 'no_stream' : Number(revision);
    const outcome = await store.append({ stream, expected, events: batch });
    if (outcome.kind !== 'written') throw new Error(`the append ended as ${outcome.kind}`);
    return BigInt(outcome.revision);
  };
  return {
    appender: (inFlight, events) => {
      const lanes = new Lanes(inFlight);
      return () => lanes.use((stream, revision) => append(stream, revision, events));
    },
    close: () => store.close(),
  };
}

/** The same tables and settings; nothing is checked. What is in flight together is committed together, at best. */
export function bareSqlite(directory) {
  const db = openDatabase(join(directory, 'bare.db'));
  const statements = {
    create: db.prepare('INSERT INTO stream (name) VALUES (?)'),
    insert: db.prepare(
      `INSERT INTO event (position, stream_id, revision, type, is_json, created_ms, id, metadata, data)
       VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?)`,
    ),
    advance: db.prepare('UPDATE stream SET last_revision = ? WHERE id = ?'),
    forwards: db.prepare('SELECT * FROM event WHERE stream_id = ? ORDER BY revision LIMIT ?'),
    backwards: db.prepare('SELECT * FROM event WHERE stream_id = ? ORDER BY revision DESC LIMIT ?'),
  };
  const streams = new Map();
  let position = 0;
  const append = (name, from, count) => {
    if (!streams.has(name)) streams.set(name, statements.create.run(name).lastInsertRowid);
    const stream = streams.get(name);
    for (let revision = from; revision < from + count; revision += 1) {
      const { id, type, data, metadata } = proposed();
      statements.insert.run((position += 1), stream, revision, type, Date.now(), id, metadata, data);
    }
    statements.advance.run(from + count - 1, stream);
  };
  const committed = (work) => {
    db.exec('BEGIN IMMEDIATE');
    work();
    db.exec('COMMIT');
  };
  const parse = (rows) =>
    rows.map(({ data, metadata }) => [data, metadata].map((it) => JSON.parse(Buffer.from(it))));
  return {
    appender: (inFlight, events) => bareAppender(append, committed, { inFlight, events }),
    fill: (stream, events) => committed(() => append(stream, 0, events)),
    read: (stream, limit) => parse(statements.forwards.all(streams.get(stream), limit)),
    last: (stream) => parse(statements.backwards.all(streams.get(stream), 1)),
    close: () => db.close(),
  };
}

function bareAppender(append, committed, { inFlight, events }) {
  const names = Array.from({ length: inFlight }, () => `bench-${randomUUID()}`);
  let revision = 0;
  return Object.assign(
    () => {
      committed(() => names.forEach((name) => append(name, revision, events)));
      revision += events;
    },
    { perOperation: inFlight },
  );
}

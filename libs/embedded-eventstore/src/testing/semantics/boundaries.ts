import { randomBytes } from 'node:crypto';
import {
  binaryEvent,
  eventsOf,
  MaxAppendSizeExceededError,
  newEvent,
  newEvents,
  newStream,
  numbersOf,
  rejection,
  StreamNotFoundError,
  WrongExpectedVersionError,
} from './client.js';
import type { Kit } from './kit.js';

/** The server's default for the largest append, bytes. */
const LARGEST = 1024 * 1024;
const KIB = 1024;

export function boundarySemantics({ client }: Kit): void {
  const bytes = (size: number) => binaryEvent({ type: 'kit.Bytes.v1', data: randomBytes(size) });

  describe('sizes', () => {
    it('an append just below the largest is stored as it is', async () => {
      const stream = newStream();
      const event = bytes(LARGEST - 4 * KIB);
      await client().appendToStream(stream, event);
      const [stored] = await eventsOf(client().readStream(stream));
      expect(Buffer.compare(Buffer.from(stored!.data as Uint8Array), Buffer.from(event.data))).toBe(0);
    });

    it('the limit is on the whole append, and all of a refused one is refused', async () => {
      const stream = newStream();
      const parts = Array.from({ length: 12 }, () => bytes(100 * KIB));
      await rejection(client().appendToStream(stream, parts), MaxAppendSizeExceededError);
      await rejection(eventsOf(client().readStream(stream)), StreamNotFoundError);
      for (const part of [parts.slice(0, 6), parts.slice(6)]) await client().appendToStream(stream, part);
      expect(await eventsOf(client().readStream(stream))).toHaveLength(12);
    });

    it('many large events come back whole, both ways', async () => {
      const stream = newStream();
      const events = Array.from({ length: 8 }, () => bytes(500 * KIB));
      for (const event of events) await client().appendToStream(stream, event);
      const ids = events.map(({ id }) => id);
      const forwards = await eventsOf(client().readStream(stream));
      expect(forwards.map(({ id }) => id)).toEqual(ids);
      expect(forwards.every(({ data }) => (data as Uint8Array).byteLength === 500 * KIB)).toBe(true);
      const options = { direction: 'backwards', fromRevision: 'end' } as const;
      const backwards = await eventsOf(client().readStream(stream, options));
      expect(backwards.map(({ id }) => id)).toEqual(ids.toReversed());
    });

    it('many small events are one append: consecutive revisions and rising positions', async () => {
      const stream = newStream();
      const result = await client().appendToStream(stream, newEvents(1_000));
      expect(result.nextExpectedRevision).toBe(999n);
      const events = await eventsOf(client().readStream(stream));
      expect(events.map(({ revision }) => revision)).toEqual(events.map((_, n) => BigInt(n)));
      expect(events.at(-1)!.position!.commit).toBe(result.position!.commit);
    });

    it('events without data and without metadata are events', async () => {
      const stream = newStream();
      await client().appendToStream(stream, binaryEvent({ type: 'kit.Nothing.v1', data: new Uint8Array() }));
      const [stored] = await eventsOf(client().readStream(stream));
      expect(Buffer.from(stored!.data as Uint8Array)).toHaveLength(0);
    });

    it('names may be long, and in any script', async () => {
      const stream = newStream(`kit-žluť-🐎 @/:#?%-${'x'.repeat(150)}`);
      await client().appendToStream(stream, newEvent(1));
      const [event] = await eventsOf(client().readStream(stream));
      expect(event!.streamId).toBe(stream);
    });
  });

  describe('an append without events', () => {
    it('stores nothing and makes no stream', async () => {
      const stream = newStream();
      await client().appendToStream(stream, [], { expectedRevision: 'any' });
      await client().appendToStream(stream, [], { expectedRevision: 'no_stream' });
      await rejection(eventsOf(client().readStream(stream)), StreamNotFoundError);
      await client().appendToStream(stream, newEvent(0), { expectedRevision: 'no_stream' });
      await client().appendToStream(stream, [], { expectedRevision: 0n });
      expect(await numbersOf(client().readStream(stream))).toEqual([0]);
    });

    it('still needs the revision that it expects', async () => {
      const stream = newStream();
      await client().appendToStream(stream, newEvents(2));
      for (const expectedRevision of ['no_stream', 0n, 7n] as const) {
        const refused = client().appendToStream(stream, [], { expectedRevision });
        await rejection(refused, WrongExpectedVersionError);
      }
    });
  });

  describe('batch append', () => {
    it('answers each of many appends for itself, and keeps the order of a writer', async () => {
      const streams = Array.from({ length: 10 }, () => newStream());
      const appends = Array.from({ length: 300 }, (_, n) => {
        const stream = streams[n % 10]!;
        const wrong = n % 30 >= 20;
        const expectedRevision = wrong ? 9_999n : 'any';
        return client()
          .appendToStream(stream, newEvent(n), { expectedRevision })
          .then(
            () => 'stored',
            (error: unknown) => (error instanceof WrongExpectedVersionError ? 'refused' : error),
          );
      });
      const outcomes = await Promise.all(appends);
      expect(outcomes).toEqual(outcomes.map((_, n) => (n % 30 >= 20 ? 'refused' : 'stored')));
      const wanted = (lane: number) =>
        Array.from({ length: 30 }, (_, i) => i * 10 + lane).filter((n) => n % 30 < 20);
      for (const [lane, stream] of streams.entries()) {
        expect(await numbersOf(client().readStream(stream))).toEqual(wanted(lane));
      }
    });

    it('takes appends that the client cuts into several messages', async () => {
      const stream = newStream();
      const events = newEvents(50);
      const result = await client().appendToStream(stream, events, { batchAppendSize: 500 });
      expect(result.nextExpectedRevision).toBe(49n);
      expect(await numbersOf(client().readStream(stream))).toEqual(events.map((_, n) => n));
    });
  });
}

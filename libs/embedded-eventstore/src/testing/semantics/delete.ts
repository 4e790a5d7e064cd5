import {
  eventsOf,
  newEvent,
  newEvents,
  newStream,
  numbersOf,
  rejection,
  StreamDeletedError,
  StreamNotFoundError,
  WrongExpectedVersionError,
} from './client.js';
import { Collector } from './collector.js';
import type { Kit } from './kit.js';

export function deleteSemantics({ client }: Kit): void {
  describe('a deleted stream', () => {
    it.each(['any', 'no_stream', 2n] as const)(
      'is gone, and %s recreates it at the next revision',
      async (expected) => {
        const stream = newStream();
        await client().appendToStream(stream, newEvents(3));
        await client().deleteStream(stream, { expectedRevision: 2n });
        await rejection(eventsOf(client().readStream(stream)), StreamNotFoundError);
        const result = await client().appendToStream(stream, newEvent(3), { expectedRevision: expected });
        expect(result.nextExpectedRevision).toBe(3n);
        expect(await numbersOf(client().readStream(stream))).toEqual([3]);
        const backwards = client().readStream(stream, { direction: 'backwards', fromRevision: 'end' });
        expect(await numbersOf(backwards)).toEqual([3]);
      },
    );

    it('is not deleted at the wrong revision', async () => {
      const stream = newStream();
      await client().appendToStream(stream, newEvents(2));
      await rejection(client().deleteStream(stream, { expectedRevision: 0n }), WrongExpectedVersionError);
      await rejection(client().tombstoneStream(stream, { expectedRevision: 5n }), WrongExpectedVersionError);
      expect(await numbersOf(client().readStream(stream))).toEqual([0, 1]);
    });

    it('that was deleted and recreated again and again never uses a revision twice', async () => {
      const stream = newStream();
      for (let round = 0; round < 3; round += 1) {
        const result = await client().appendToStream(stream, newEvents(2, 2 * round), {
          expectedRevision: 'no_stream',
        });
        expect(result.nextExpectedRevision).toBe(BigInt(2 * round + 1));
        const from = client().readStream(stream, { fromRevision: 'start' });
        expect((await eventsOf(from)).map(({ revision }) => revision)).toEqual([
          BigInt(2 * round),
          BigInt(2 * round + 1),
        ]);
        await client().deleteStream(stream);
      }
    });

    it('counts as missing for no_stream, as deleted for stream_exists', async () => {
      const stream = newStream();
      await client().appendToStream(stream, newEvents(2));
      await client().deleteStream(stream);
      const there = client().appendToStream(stream, newEvent(2), { expectedRevision: 'stream_exists' });
      await rejection(there, StreamDeletedError);
      const behind = client().appendToStream(stream, newEvent(2), { expectedRevision: 0n });
      await rejection(behind, WrongExpectedVersionError);
    });

    it('says so in its metadata', async () => {
      const stream = newStream();
      await client().appendToStream(stream, newEvents(2));
      await client().deleteStream(stream);
      const [metadata] = await eventsOf(client().readStream(`$$${stream}`));
      expect(metadata).toMatchObject({ type: '$metadata', data: { $tb: 2 ** 63 } });
    });

    it('goes on to its followers when it is recreated, without what was deleted', async () => {
      const stream = newStream();
      await client().appendToStream(stream, newEvents(2));
      const collector = new Collector().follow(client().subscribeToStream(stream));
      await collector.until(() => collector.caughtUp > 0);
      await client().deleteStream(stream);
      await client().appendToStream(stream, newEvent(2));
      await collector.until(() => collector.events.length === 3);
      expect(collector.numbers).toEqual([0, 1, 2]);
      await collector.stop();
    });

    it('stays in $all', async () => {
      const stream = newStream();
      const { position } = await client().appendToStream(stream, newEvent(7));
      await client().deleteStream(stream);
      const [event] = await eventsOf(client().readAll({ fromPosition: position!, maxCount: 1 }));
      expect(event).toMatchObject({ streamId: stream, data: { n: 7 } });
    });

    it('does not come back when its metadata is set', async () => {
      const stream = newStream();
      await client().appendToStream(stream, newEvents(3));
      await client().deleteStream(stream);
      await client().setStreamMetadata(stream, { owner: 'kit' });
      await client().appendToStream(stream, newEvent(3), { expectedRevision: 'any' });
      expect(await numbersOf(client().readStream(stream))).toEqual([3]);
      expect((await client().getStreamMetadata(stream)).metadata).toMatchObject({
        owner: 'kit',
        truncateBefore: 3,
      });
    });
  });

  describe('a tombstoned stream', () => {
    it('can neither be read nor written nor followed ever again', async () => {
      const stream = newStream();
      await client().appendToStream(stream, newEvents(2));
      await client().tombstoneStream(stream, { expectedRevision: 1n });
      await rejection(eventsOf(client().readStream(stream)), StreamDeletedError);
      for (const expectedRevision of ['any', 'no_stream', 'stream_exists', 1n] as const) {
        await rejection(
          client().appendToStream(stream, newEvent(2), { expectedRevision }),
          StreamDeletedError,
        );
      }
      await rejection(client().deleteStream(stream), StreamDeletedError);
      await rejection(client().tombstoneStream(stream), StreamDeletedError);
      const collector = new Collector().follow(client().subscribeToStream(stream));
      await collector.until(() => collector.error !== undefined);
      expect(collector.error).toBeInstanceOf(StreamDeletedError);
      await collector.stop();
    });

    it('ends its subscriptions', async () => {
      const stream = newStream();
      await client().appendToStream(stream, newEvent(0));
      const collector = new Collector().follow(client().subscribeToStream(stream));
      await collector.until(() => collector.caughtUp > 0);
      await client().tombstoneStream(stream);
      await collector.until(() => collector.error !== undefined);
      expect(collector.error).toBeInstanceOf(StreamDeletedError);
      expect(collector.numbers).toEqual([0]);
      await collector.stop();
    });

    it('may be one that was deleted before, and takes its metadata along', async () => {
      const stream = newStream();
      await client().appendToStream(stream, newEvent(0));
      await client().deleteStream(stream);
      await client().tombstoneStream(stream);
      await rejection(eventsOf(client().readStream(stream)), StreamDeletedError);
      await rejection(client().setStreamMetadata(stream, { maxCount: 1 }), StreamDeletedError);
    });

    it('leaves its tombstone in $all', async () => {
      const stream = newStream();
      const { position } = await client().appendToStream(stream, newEvent(0));
      await client().tombstoneStream(stream);
      const events = await eventsOf(client().readAll({ fromPosition: position! }));
      const tombstone = events.find((event) => event.streamId === stream && event.type === '$streamDeleted');
      expect(tombstone?.revision).toBe(9223372036854775807n);
    });
  });
}

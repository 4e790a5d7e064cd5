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

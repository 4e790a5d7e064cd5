import {
  binaryEvent,
  eventsOf,
  newEvent,
  newEvents,
  newStream,
  numbersOf,
  rejection,
  StreamNotFoundError,
  WrongExpectedVersionError,
} from './client.js';
import { Collector } from './collector.js';
import type { Kit } from './kit.js';

const DEADLINE_MS = 15_000;

export function metadataSemantics({ client }: Kit): void {
  describe('stream metadata', () => {
    it('is read back, newest first', async () => {
      const stream = newStream();
      expect((await client().getStreamMetadata(stream)).metadata).toBeUndefined();
      await client().setStreamMetadata(stream, { maxCount: 7 });
      await client().setStreamMetadata(stream, { maxAge: 60, custom: { deep: [1] } } as never);
      expect((await client().getStreamMetadata(stream)).metadata).toEqual({
        maxAge: 60,
        custom: { deep: [1] },
      });
      expect(await eventsOf(client().readStream(`$$${stream}`))).toHaveLength(1);
    });

    it('$maxCount leaves the newest', async () => {
      const stream = newStream();
      await client().appendToStream(stream, newEvents(5));
      await client().setStreamMetadata(stream, { maxCount: 2 });
      expect(await numbersOf(client().readStream(stream))).toEqual([3, 4]);
      await client().appendToStream(stream, newEvents(1, 5));
      const backwards = client().readStream(stream, { direction: 'backwards', fromRevision: 'end' });
      expect(await numbersOf(backwards)).toEqual([5, 4]);
    });

    it('$tb hides what was before it, even all of it', async () => {
      const stream = newStream();
      await client().appendToStream(stream, newEvents(4));
      await client().setStreamMetadata(stream, { truncateBefore: 2 });
      expect(await numbersOf(client().readStream(stream))).toEqual([2, 3]);
      await client().setStreamMetadata(stream, { truncateBefore: 10 });
      expect(await numbersOf(client().readStream(stream))).toEqual([]);
    });

    it('$maxAge lets events expire', async () => {
      const stream = newStream();
      await client().setStreamMetadata(stream, { maxAge: 1 });
      const began = Date.now();
      const { position } = await client().appendToStream(stream, newEvents(2));
      const deadline = Date.now() + DEADLINE_MS;
      let left = await numbersOf(client().readStream(stream));
      while (left.length > 0 && Date.now() < deadline) left = await numbersOf(client().readStream(stream));
      expect(left).toEqual([]);
      expect(Date.now() - began).toBeGreaterThanOrEqual(1_000);
      const backwards = { direction: 'backwards', fromRevision: 'end' } as const;
      expect(await numbersOf(client().readStream(stream, backwards))).toEqual([]);
      const shown = await eventsOf(client().readAll({ fromPosition: position!, maxCount: 1 }));
      expect(shown).toMatchObject([{ streamId: stream, revision: 1n }]);
      const { nextExpectedRevision } = await client().appendToStream(stream, newEvent(2), {
        expectedRevision: 1n,
      });
      expect(nextExpectedRevision).toBe(2n);
      await client().setStreamMetadata(stream, {});
      expect(await numbersOf(client().readStream(stream))).toEqual([0, 1, 2]);
    });

    it('does not hide what $maxAge leaves', async () => {
      const stream = newStream();
      await client().setStreamMetadata(stream, { maxAge: 3600 });
      await client().appendToStream(stream, newEvents(3));
      expect(await numbersOf(client().readStream(stream))).toEqual([0, 1, 2]);
    });

    it.each([
      [{ truncateBefore: 1, maxCount: 2 }, [3, 4]],
      [{ truncateBefore: 4, maxCount: 3 }, [4]],
      [{ truncateBefore: 0, maxCount: 99, maxAge: 3600 }, [0, 1, 2, 3, 4]],
    ])('%j together hide what any of them hides', async (metadata, wanted) => {
      const stream = newStream();
      await client().appendToStream(stream, newEvents(5));
      await client().setStreamMetadata(stream, metadata);
      expect(await numbersOf(client().readStream(stream))).toEqual(wanted);
      expect(await numbersOf(client().readStream(stream, { fromRevision: 4n }))).toEqual([4]);
      const collector = new Collector().follow(client().subscribeToStream(stream));
      await collector.until(() => collector.caughtUp > 0);
      expect(collector.numbers).toEqual(wanted);
      await collector.stop();
    });

    it.each([
      ['$maxCount of 0', '{"$maxCount":0,"$maxAge":3600}', [0, 1, 2, 3]],
      ['a negative $tb', '{"$tb":-1,"$maxCount":2}', [2, 3]],
      ['a $maxCount that is no number', '{"$maxCount":"1","$tb":2}', [0, 1, 2, 3]],
      ['a $tb that is no integer', '{"$tb":1.5,"$maxCount":2}', [0, 1, 2, 3]],
      ['what is no JSON', 'no JSON', [0, 1, 2, 3]],
    ])('with %s hides no more than is said rightly', async (_, text, wanted) => {
      const stream = newStream();
      await client().appendToStream(stream, newEvents(4));
      const event = binaryEvent({ type: '$metadata', data: Buffer.from(text) });
      await client().appendToStream(`$$${stream}`, event);
      expect(await numbersOf(client().readStream(stream))).toEqual(wanted);
    });

    it('has revisions of its own, and a wrong one is refused', async () => {
      const stream = newStream();
      await client().setStreamMetadata(stream, { maxCount: 5 }, { expectedRevision: 'no_stream' });
      const late = client().setStreamMetadata(stream, { maxCount: 6 }, { expectedRevision: 'no_stream' });
      await rejection(late, WrongExpectedVersionError);
      await client().setStreamMetadata(stream, { maxCount: 7 }, { expectedRevision: 0n });
      // Not from `getStreamMetadata`: what the client calls the metastream's revision there is a position.
      const [newest] = await eventsOf(client().readStream(`$$${stream}`));
      expect(newest).toMatchObject({ revision: 1n, data: { $maxCount: 7 } });
    });

    it('makes a stream exist without events in it', async () => {
      const stream = newStream();
      await client().setStreamMetadata(stream, { maxCount: 5 });
      await rejection(eventsOf(client().readStream(stream)), StreamNotFoundError);
      const result = await client().appendToStream(stream, newEvent(0), {
        expectedRevision: 'stream_exists',
      });
      expect(result.nextExpectedRevision).toBe(0n);
    });
  });
}

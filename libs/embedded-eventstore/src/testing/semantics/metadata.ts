import { eventsOf, newEvents, newStream, numbersOf } from './client.js';
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
      await client().appendToStream(stream, newEvents(2));
      const deadline = Date.now() + DEADLINE_MS;
      let left = await numbersOf(client().readStream(stream));
      while (left.length > 0 && Date.now() < deadline) left = await numbersOf(client().readStream(stream));
      expect(left).toEqual([]);
      await client().setStreamMetadata(stream, {});
      expect(await numbersOf(client().readStream(stream))).toEqual([0, 1]);
    });
  });
}

import {
  eventsOf,
  newEvent,
  newEvents,
  newStream,
  numbersOf,
  rejection,
  StreamNotFoundError,
} from './client.js';
import type { Kit } from './kit.js';

export function readSemantics({ client }: Kit): void {
  describe('reading a stream', () => {
    const stream = newStream();
    beforeAll(async () => {
      await client().appendToStream(stream, newEvents(5));
    });

    it.each([
      ['forwards', 'start', undefined, [0, 1, 2, 3, 4]],
      ['forwards', 'start', 2, [0, 1]],
      ['forwards', 2n, undefined, [2, 3, 4]],
      ['forwards', 4n, 10, [4]],
      ['forwards', 5n, undefined, []],
      ['backwards', 'end', undefined, [4, 3, 2, 1, 0]],
      ['backwards', 'end', 1, [4]],
      ['backwards', 2n, undefined, [2, 1, 0]],
      ['backwards', 0n, undefined, [0]],
      ['backwards', 99n, 2, [4, 3]],
    ] as const)('%s from %s, at most %s', async (direction, fromRevision, maxCount, wanted) => {
      const limit = maxCount === undefined ? {} : { maxCount };
      expect(await numbersOf(client().readStream(stream, { direction, fromRevision, ...limit }))).toEqual(
        wanted,
      );
    });

    it('says when there is none', async () => {
      for (const direction of ['forwards', 'backwards'] as const) {
        const fromRevision = direction === 'forwards' ? 'start' : 'end';
        await rejection(
          eventsOf(client().readStream(newStream(), { direction, fromRevision })),
          StreamNotFoundError,
        );
      }
    });

    it('brings long streams whole, in order, both ways', async () => {
      const long = newStream();
      for (let from = 0; from < 1200; from += 300) await client().appendToStream(long, newEvents(300, from));
      const wanted = Array.from({ length: 1200 }, (_, i) => i);
      expect(await numbersOf(client().readStream(long))).toEqual(wanted);
      const backwards = { direction: 'backwards', fromRevision: 'end' } as const;
      expect(await numbersOf(client().readStream(long, backwards))).toEqual(wanted.toReversed());
    });
  });

  describe('reading $all', () => {
    it('brings events of all streams in the order they were acknowledged', async () => {
      const streams = [newStream(), newStream()];
      const start = await client().appendToStream(streams[0]!, newEvent(0));
      for (let n = 1; n < 6; n += 1) await client().appendToStream(streams[n % 2]!, newEvent(n));
      const events = await eventsOf(client().readAll({ fromPosition: start.position! }));
      const ours = events.filter((event) => streams.includes(event.streamId));
      expect(ours.map((event) => (event.data as { n: number }).n)).toEqual([0, 1, 2, 3, 4, 5]);
      const positions = events.map((event) => event.position!.commit);
      expect(positions.every((position, i) => i === 0 || position > positions[i - 1]!)).toBe(true);
    });

    it('forwards includes the position, backwards does not', async () => {
      const stream = newStream();
      const results = [];
      for (const event of newEvents(3)) results.push(await client().appendToStream(stream, event));
      const middle = results[1]!.position!;
      const forwards = await eventsOf(client().readAll({ fromPosition: middle, maxCount: 1 }));
      expect(forwards[0]!.position!.commit).toBe(middle.commit);
      const options = { fromPosition: middle, direction: 'backwards', maxCount: 1 } as const;
      const [before] = await eventsOf(client().readAll(options));
      expect(before!.position!.commit).toBeLessThan(middle.commit);
    });

    it('backwards from the end begins with the newest, forwards from the end brings nothing', async () => {
      const stream = newStream();
      const { position } = await client().appendToStream(stream, newEvents(2));
      const backwards = client().readAll({ direction: 'backwards', fromPosition: 'end', maxCount: 50 });
      const ours = (await eventsOf(backwards)).filter((event) => event.streamId === stream);
      expect(ours.map((event) => event.revision)).toEqual([1n, 0n]);
      const after = await eventsOf(client().readAll({ fromPosition: 'end' }));
      expect(after.every((event) => event.position!.commit > position!.commit)).toBe(true);
    });
  });
}

import { eventsOf, newEvent, newEvents, newStream, type Recorded } from './client.js';
import { Collector } from './collector.js';
import type { Kit } from './kit.js';

export function allSemantics({ client }: Kit): void {
  const idsOf = (events: Recorded[]) => events.map(({ id }) => id);
  const ids = (events: { id: string }[]) => events.map(({ id }) => id);

  /** Events that follow each other in the log, when nobody else writes; the kit only relies on their order. */
  async function written(count: number) {
    const stream = newStream();
    const events = newEvents(count);
    const positions = [];
    // One client's appends are written in the order in which it makes them.
    const appends = events.map((event) => client().appendToStream(stream, event));
    for (const append of appends) positions.push((await append).position!);
    const only = (found: Recorded[]) => found.filter(({ streamId }) => streamId === stream);
    return { stream, events, positions, only };
  }

  describe('the edges of $all', () => {
    it('a read from a position includes it, a subscription begins after it', async () => {
      const { events, positions, only } = await written(4);
      const read = only(await eventsOf(client().readAll({ fromPosition: positions[1]! })));
      expect(idsOf(read)).toEqual(ids(events.slice(1)));
      const collector = new Collector().follow(client().subscribeToAll({ fromPosition: positions[1]! }));
      await collector.until(() => only(collector.events).length >= 2);
      expect(idsOf(only(collector.events))).toEqual(ids(events.slice(2)));
      await collector.stop();
    });

    it('backwards from a position brings what is before it, newest first', async () => {
      const { events, positions, only } = await written(4);
      const options = { direction: 'backwards', fromPosition: positions[2]!, maxCount: 2 } as const;
      const read = await eventsOf(client().readAll(options));
      expect(idsOf(only(read))).toEqual([events[1]!.id, events[0]!.id]);
    });

    it('from the start begins with the oldest, backwards from the start brings nothing', async () => {
      await written(2);
      const oldest = await eventsOf(client().readAll({ fromPosition: 'start', maxCount: 10 }));
      const before = { direction: 'backwards', fromPosition: oldest[0]!.position! } as const;
      expect(await eventsOf(client().readAll(before))).toEqual([]);
      const none = client().readAll({ direction: 'backwards', fromPosition: 'start' });
      expect(await eventsOf(none)).toEqual([]);
      const collector = new Collector().follow(client().subscribeToAll({ fromPosition: 'start' }));
      await collector.until(() => collector.events.length >= oldest.length);
      await collector.stop();
      expect(idsOf(collector.events.slice(0, oldest.length))).toEqual(idsOf(oldest));
    });

    it('is the same both ways', async () => {
      const { positions } = await written(300);
      const options = { direction: 'backwards', fromPosition: positions[299]!, maxCount: 299 } as const;
      const backwards = await eventsOf(client().readAll(options));
      const fromPosition = backwards.at(-1)!.position!;
      const forwards = await eventsOf(client().readAll({ fromPosition, maxCount: 299 }));
      expect(idsOf(backwards)).toEqual(idsOf(forwards).toReversed());
      expect(forwards.at(-1)!.position!.commit).toBe(positions[298]!.commit);
    });

    it('stops after so many events', async () => {
      const { positions } = await written(5);
      for (const maxCount of [1, 3]) {
        const read = client().readAll({ fromPosition: positions[0]!, maxCount });
        expect(await eventsOf(read)).toHaveLength(maxCount);
      }
    });

    it('from the end, a subscription brings new events only', async () => {
      const { stream, only } = await written(3);
      const collector = new Collector().follow(client().subscribeToAll({ fromPosition: 'end' }));
      await collector.until(() => collector.caughtUp > 0);
      const event = newEvent(3);
      await client().appendToStream(stream, event);
      await collector.until(() => only(collector.events).length > 0);
      expect(idsOf(only(collector.events))).toEqual([event.id]);
      await collector.stop();
    });
  });

  describe('until there is a scavenge, $all still shows', () => {
    it.each([
      ['what $maxCount hides', (stream: string) => client().setStreamMetadata(stream, { maxCount: 1 })],
      ['what $tb hides', (stream: string) => client().setStreamMetadata(stream, { truncateBefore: 99 })],
      ['what was deleted', (stream: string) => client().deleteStream(stream)],
      ['what was tombstoned', (stream: string) => client().tombstoneStream(stream)],
    ])('%s, to reads and to subscriptions', async (_, hide) => {
      const { stream, events, positions, only } = await written(3);
      await hide(stream);
      const ours = (found: Recorded[]) => only(found).filter(({ type }) => !type.startsWith('$'));
      const read = await eventsOf(client().readAll({ fromPosition: positions[0]! }));
      expect(idsOf(ours(read))).toEqual(ids(events));
      const collector = new Collector().follow(client().subscribeToAll({ fromPosition: positions[0]! }));
      await collector.until(() => ours(collector.events).length === 2);
      expect(idsOf(ours(collector.events))).toEqual(ids(events.slice(1)));
      await collector.stop();
    });
  });
}

import { eventTypeFilter, newEvent, newEvents, newStream, streamNameFilter } from './client.js';
import { Collector } from './collector.js';
import type { Kit } from './kit.js';

export function subscribeSemantics({ client }: Kit): void {
  let collector: Collector;
  beforeEach(() => {
    collector = new Collector();
  });
  afterEach(() => collector.stop());

  describe('a subscription to a stream', () => {
    it('brings what there is, says so, and goes on with what comes', async () => {
      const stream = newStream();
      await client().appendToStream(stream, newEvents(3));
      collector.follow(client().subscribeToStream(stream, { fromRevision: 'start' }));
      await collector.until(() => collector.caughtUp > 0);
      expect(collector.numbers).toEqual([0, 1, 2]);
      await client().appendToStream(stream, newEvents(2, 3));
      await collector.until(() => collector.events.length === 5);
      expect(collector.numbers).toEqual([0, 1, 2, 3, 4]);
    });

    it('begins after its revision', async () => {
      const stream = newStream();
      await client().appendToStream(stream, newEvents(3));
      collector.follow(client().subscribeToStream(stream, { fromRevision: 1n }));
      await client().appendToStream(stream, newEvent(3));
      await collector.until(() => collector.events.length === 2);
      expect(collector.numbers).toEqual([2, 3]);
    });

    it('from the end brings new events only', async () => {
      const stream = newStream();
      await client().appendToStream(stream, newEvents(3));
      collector.follow(client().subscribeToStream(stream, { fromRevision: 'end' }));
      await collector.until(() => collector.caughtUp > 0);
      await client().appendToStream(stream, newEvent(3));
      await collector.until(() => collector.events.length > 0);
      expect(collector.numbers).toEqual([3]);
    });

    it('waits for a stream that does not exist yet', async () => {
      const stream = newStream();
      collector.follow(client().subscribeToStream(stream));
      await collector.until(() => collector.caughtUp > 0);
      await client().appendToStream(stream, newEvents(2));
      await collector.until(() => collector.events.length === 2);
      expect(collector.numbers).toEqual([0, 1]);
    });
  });

  describe('a subscription to $all', () => {
    it('begins after its position and brings every stream', async () => {
      const streams = [newStream(), newStream()];
      const start = await client().appendToStream(streams[0]!, newEvent(0));
      await client().appendToStream(streams[1]!, newEvent(1));
      collector.follow(client().subscribeToAll({ fromPosition: start.position! }));
      const ours = () => collector.events.filter((event) => streams.includes(event.streamId));
      await collector.until(() => ours().length === 1);
      await client().appendToStream(streams[0]!, newEvent(2));
      await collector.until(() => ours().length === 2);
      expect(ours().map((event) => (event.data as { n: number }).n)).toEqual([1, 2]);
    });

    it('filters streams by prefix', async () => {
      const [wanted, unwanted] = [newStream('kit-wanted'), newStream('kit-unwanted')];
      const filter = streamNameFilter({ prefixes: [wanted, 'kit-never-used-'] });
      await client().appendToStream(wanted, newEvent(0));
      await client().appendToStream(unwanted, newEvent(1));
      collector.follow(client().subscribeToAll({ fromPosition: 'start', filter }));
      await collector.until(() => collector.events.length === 1);
      await client().appendToStream(unwanted, newEvent(2));
      await client().appendToStream(wanted, newEvent(3));
      await collector.until(() => collector.events.length === 2);
      expect(collector.numbers).toEqual([0, 3]);
    });

    it('filters streams by regular expression', async () => {
      const [wanted, unwanted] = [newStream('kit-a'), newStream('kit-b')];
      const filter = streamNameFilter({ regex: `^${wanted.slice(0, 10)}.*${wanted.slice(-6)}$` });
      const start = await client().appendToStream(unwanted, newEvent(0));
      await client().appendToStream(wanted, newEvent(1));
      collector.follow(client().subscribeToAll({ fromPosition: start.position!, filter }));
      await collector.until(() => collector.events.length === 1);
      expect(collector.numbers).toEqual([1]);
    });

    it.each(['prefixes', 'regex'] as const)('filters event types by %s', async (how) => {
      const type = newStream('kit.Special').replaceAll('-', '');
      const options = { prefixes: [`${type}.v`] };
      const filter =
        how === 'regex' ? eventTypeFilter({ regex: `${type}\\.v[12]$` }) : eventTypeFilter(options);
      const start = await client().appendToStream(newStream(), newEvent(0, type));
      await client().appendToStream(newStream(), newEvent(1, `${type}.v1`));
      await client().appendToStream(newStream(), newEvent(2, `${type}.v2`));
      collector.follow(client().subscribeToAll({ fromPosition: start.position!, filter }));
      await collector.until(() => collector.events.length === 2);
      expect(collector.numbers).toEqual([1, 2]);
    });

    it('reports checkpoints over events that do not match', async () => {
      const start = await client().appendToStream(newStream(), newEvent(0));
      const last = await client().appendToStream(newStream(), newEvents(200));
      const filter = streamNameFilter({
        prefixes: [newStream()],
        checkpointInterval: 2,
        checkpointReached: collector.checkpointReached,
      });
      collector.follow(client().subscribeToAll({ fromPosition: start.position!, filter }));
      // Two windows of 32 events: at least three checkpoints over 200 scanned events.
      await collector.until(() => collector.checkpoints.length >= 3, 'checkpoints');
      expect(collector.events).toEqual([]);
      const { checkpoints } = collector;
      expect(
        checkpoints.every((position, i) => position > (checkpoints[i - 1] ?? start.position!.commit)),
      ).toBe(true);
      expect(checkpoints[0]!).toBeLessThan(last.position!.commit);
    });

    it('continues from a checkpoint without loss', async () => {
      const stream = newStream();
      const start = await client().appendToStream(newStream(), newEvent(0));
      for (let n = 0; n < 4; n += 1) {
        await client().appendToStream(newStream(), newEvents(40, 100));
        await client().appendToStream(stream, newEvent(n));
      }
      const filter = streamNameFilter({ prefixes: [stream], checkpointReached: collector.checkpointReached });
      collector.follow(client().subscribeToAll({ fromPosition: start.position!, filter }));
      await collector.until(() => collector.checkpoints.length >= 2 && collector.events.length === 4);
      const from = collector.checkpoints[1]!;
      const wanted = collector.events
        .filter((event) => event.position!.commit > from)
        .map((event) => event.id);
      const again = new Collector().follow(
        client().subscribeToAll({
          fromPosition: { commit: from, prepare: from },
          filter: streamNameFilter({ prefixes: [stream] }),
        }),
      );
      await again.until(() => again.events.length >= wanted.length);
      expect(again.events.map((event) => event.id)).toEqual(wanted);
      await again.stop();
    });
  });
}

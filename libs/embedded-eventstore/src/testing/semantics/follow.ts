import {
  eventsOf,
  excludeSystemEvents,
  newEvent,
  newEvents,
  newStream,
  streamNameFilter,
  type Recorded,
} from './client.js';
import { Collector } from './collector.js';
import type { Kit } from './kit.js';

/** What a filtered subscription scans before it reports a checkpoint: the server's window of 32 events. */
const WINDOW = 32;

export function followSemantics({ client }: Kit): void {
  let collector: Collector;
  beforeEach(() => {
    collector = new Collector();
  });
  afterEach(() => collector.stop());
  const checkpointReached = () => collector.checkpointReached;

  describe('from the past into the present', () => {
    const COUNT = 400;
    const wanted = Array.from({ length: COUNT }, (_, n) => n);

    /** Appends one after the other; whoever subscribes meanwhile meets the border between old and new. */
    async function write(stream: string): Promise<void> {
      for (let n = 0; n < COUNT; n += 4) await client().appendToStream(stream, newEvents(4, n));
    }

    it.each(['stream', '$all', 'filtered $all'] as const)(
      'a subscription to a %s misses nothing and repeats nothing',
      async (what) => {
        const stream = newStream();
        const start = await client().appendToStream(newStream(), newEvent(0));
        const writing = write(stream);
        const fromPosition = start.position!;
        const filter = streamNameFilter({ prefixes: [stream] });
        const subscribe = {
          stream: () => client().subscribeToStream(stream, { fromRevision: 'start' }),
          $all: () => client().subscribeToAll({ fromPosition }),
          'filtered $all': () => client().subscribeToAll({ fromPosition, filter }),
        }[what];
        // Several, begun at different moments of the writing.
        const followers = [];
        for (let n = 0; n < 5; n += 1) {
          followers.push(new Collector().follow(subscribe()));
          await client().appendToStream(newStream(), newEvent(n));
        }
        await writing;
        const ours = (events: Recorded[]) => events.filter(({ streamId }) => streamId === stream);
        for (const follower of followers) {
          await follower.until(() => ours(follower.events).length >= COUNT);
          expect(ours(follower.events).map(({ data }) => (data as { n: number }).n)).toEqual(wanted);
          expect(follower.caughtUp).toBeGreaterThan(0);
          await follower.stop();
        }
      },
    );

    it('caught-up comes after what there was and before what comes', async () => {
      const stream = newStream();
      await client().appendToStream(stream, newEvents(300));
      collector.follow(client().subscribeToStream(stream, { fromRevision: 'start' }));
      await collector.until(() => collector.caughtUp > 0);
      expect(collector.eventsWhenCaughtUp).toBe(300);
      await client().appendToStream(stream, newEvent(300));
      await collector.until(() => collector.events.length === 301);
      expect(collector.caughtUp).toBe(1);
    });
  });

  describe('checkpoints', () => {
    it('come after so many scanned events, whether they match or not', async () => {
      const stream = newStream();
      const start = await client().appendToStream(newStream(), newEvent(0));
      for (let n = 0; n < 6; n += 1) {
        await client().appendToStream(newStream(), newEvents(40));
        await client().appendToStream(stream, newEvent(n));
      }
      const fromPosition = start.position!;
      const filter = streamNameFilter({
        prefixes: [stream],
        checkpointInterval: 2,
        checkpointReached: checkpointReached(),
      });
      collector.follow(client().subscribeToAll({ fromPosition, filter }));
      await collector.until(() => collector.checkpoints.length >= 3 && collector.events.length === 6);
      const positions = (await eventsOf(client().readAll({ fromPosition }))).map((e) => e.position!.commit);
      const [first, second] = collector.checkpoints.map((position) => positions.indexOf(position));
      // Exactly 64 after the exclusive start; a server that looks at whole pages may be up to a window late.
      for (const scanned of [first!, second! - first!]) {
        expect(scanned).toBeGreaterThanOrEqual(2 * WINDOW);
        expect(scanned).toBeLessThan(3 * WINDOW);
      }
    });

    it('never run ahead of an event that was not brought yet', async () => {
      const stream = newStream();
      const start = await client().appendToStream(newStream(), newEvent(0));
      for (let n = 0; n < 8; n += 1) {
        await client().appendToStream(newStream(), newEvents(20));
        await client().appendToStream(stream, newEvent(n));
      }
      const broughtAt: { position: bigint; brought: number }[] = [];
      const filter = streamNameFilter({
        prefixes: [stream],
        checkpointReached: async (subscription, position) => {
          broughtAt.push({ position: position.commit, brought: collector.events.length });
          await collector.checkpointReached(subscription, position);
        },
      });
      collector.follow(client().subscribeToAll({ fromPosition: start.position!, filter }));
      await collector.until(() => broughtAt.length >= 4 && collector.events.length === 8);
      for (const { position, brought } of broughtAt) {
        const due = collector.events.filter((event) => event.position!.commit <= position).length;
        expect(brought).toBeGreaterThanOrEqual(due);
      }
    });

    it('go on when the subscription is live', async () => {
      const filter = streamNameFilter({ prefixes: [newStream()], checkpointReached: checkpointReached() });
      const start = await client().appendToStream(newStream(), newEvent(0));
      collector.follow(client().subscribeToAll({ fromPosition: start.position!, filter }));
      await collector.until(() => collector.caughtUp > 0);
      const middle = await client().appendToStream(newStream(), newEvent(0));
      await client().appendToStream(newStream(), newEvents(3 * WINDOW));
      await collector.until(() =>
        collector.checkpoints.some((position) => position > middle.position!.commit),
      );
      expect(collector.events).toEqual([]);
    });
  });

  describe('filters', () => {
    it('keep system events out, live and from the past', async () => {
      const stream = newStream();
      const start = await client().appendToStream(stream, newEvent(0));
      await client().setStreamMetadata(stream, { maxCount: 100 });
      await client().appendToStream(stream, newEvent(1));
      const filter = excludeSystemEvents();
      collector.follow(client().subscribeToAll({ fromPosition: start.position!, filter }));
      const ours = () => collector.events.filter(({ streamId }) => streamId.endsWith(stream));
      await collector.until(() => ours().length === 1 && collector.caughtUp > 0);
      await client().setStreamMetadata(stream, { maxCount: 200 });
      await client().appendToStream(stream, newEvent(2));
      await collector.until(() => ours().length === 2);
      expect(ours().map(({ data }) => (data as { n: number }).n)).toEqual([1, 2]);
      expect(collector.events.filter(({ type }) => type.startsWith('$'))).toEqual([]);
    });

    it('find an expression anywhere in a name', async () => {
      const stream = newStream('kit.middle');
      const start = await client().appendToStream(newStream(), newEvent(0));
      await client().appendToStream(stream, newEvent(1));
      const filter = streamNameFilter({ regex: stream.slice(4, -4) });
      collector.follow(client().subscribeToAll({ fromPosition: start.position!, filter }));
      await collector.until(() => collector.events.length === 1);
      expect(collector.numbers).toEqual([1]);
    });

    it('take a prefix from the beginning only, and as it is', async () => {
      const stream = newStream('kit.a');
      const start = await client().appendToStream(newStream('kit-a'), newEvent(0));
      await client().appendToStream(`not-${stream}`, newEvent(1));
      await client().appendToStream(`${stream}-more`, newEvent(2));
      const filter = streamNameFilter({ prefixes: [stream] });
      collector.follow(client().subscribeToAll({ fromPosition: start.position!, filter }));
      await collector.until(() => collector.events.length === 1);
      expect(collector.numbers).toEqual([2]);
    });
  });
}

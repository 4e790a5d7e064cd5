import { eventsOf, newEvent, newEvents, newStream, numbersOf } from './client.js';
import type { Kit } from './kit.js';

const DEADLINE_MS = 20_000;

export function crashSemantics({ client, server }: Kit): void {
  /** The client reconnects by itself, but fails whatever is under way while it does. */
  async function whenBack<T>(work: () => Promise<T>): Promise<T> {
    const deadline = Date.now() + DEADLINE_MS;
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (Date.now() > deadline) throw error;
      }
    }
  }

  describe('after SIGKILL and a restart', () => {
    it('every acknowledged event is there, once, and what was not acknowledged is there at most once', async () => {
      const streams = Array.from({ length: 8 }, () => newStream());
      const acknowledged: string[] = [];
      const attempted = new Set<string>();
      let running = true;
      const writers = streams.map(async (stream) => {
        for (let n = 0; running; n += 1) {
          const event = newEvent(n);
          attempted.add(event.id);
          await client()
            .appendToStream(stream, event, { expectedRevision: 'any' })
            .then(() => acknowledged.push(event.id))
            .catch(() => {
              running = false;
            });
        }
      });
      const deadline = Date.now() + DEADLINE_MS;
      while (acknowledged.length < 500 && Date.now() < deadline) await new Promise(setImmediate);
      await server().kill!();
      await Promise.all(writers);
      await server().restart!();
      const stored = new Map<string, number>();
      for (const stream of streams) {
        const events = await whenBack(() => eventsOf(client().readStream(stream)));
        expect(events.map((event) => event.revision)).toEqual(events.map((_, i) => BigInt(i)));
        for (const { id } of events) stored.set(id, (stored.get(id) ?? 0) + 1);
      }
      expect(acknowledged.length).toBeGreaterThanOrEqual(500);
      expect(acknowledged.filter((id) => stored.get(id) !== 1)).toEqual([]);
      expect([...stored.keys()].filter((id) => !attempted.has(id))).toEqual([]);
      expect([...stored.values()].every((times) => times === 1)).toBe(true);
    });

    it('repeated appends, deletes and metadata are still known', async () => {
      const [repeated, deleted, truncated] = [newStream(), newStream(), newStream()];
      const events = newEvents(2);
      const first = await client().appendToStream(repeated, events, { expectedRevision: 'no_stream' });
      await client().appendToStream(deleted, newEvents(2));
      await client().deleteStream(deleted);
      await client().appendToStream(truncated, newEvents(3));
      await client().setStreamMetadata(truncated, { maxCount: 1 });
      await server().kill!();
      await server().restart!();
      const again = await whenBack(() =>
        client().appendToStream(repeated, events, { expectedRevision: 'no_stream' }),
      );
      expect(again).toEqual(first);
      const recreated = await client().appendToStream(deleted, newEvent(2), {
        expectedRevision: 'no_stream',
      });
      expect(recreated.nextExpectedRevision).toBe(2n);
      expect(await numbersOf(client().readStream(truncated))).toEqual([2]);
    });
  });
}

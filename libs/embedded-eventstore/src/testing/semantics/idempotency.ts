import { newEvent, newEvents, newStream, numbersOf, rejection, WrongExpectedVersionError } from './client.js';
import type { Kit } from './kit.js';

const MODES = ['no_stream', 'exact', 'any', 'stream_exists'] as const;
type Mode = (typeof MODES)[number];

/** A server promises these for a while only; whoever uses it MUST survive without. */
const BEST_EFFORT: readonly Mode[] = ['any', 'stream_exists'];

export function idempotencySemantics({ client, anyForgets }: Kit): void {
  const recognised = MODES.filter((mode) => !anyForgets || !BEST_EFFORT.includes(mode));

  /** A stream as the mode needs it, the revision to append at, and how many events are there already. */
  async function prepared(mode: Mode) {
    const stream = newStream();
    if (mode === 'no_stream') return { stream, at: { expectedRevision: mode }, before: 0 };
    await client().appendToStream(stream, newEvents(2), { expectedRevision: 'no_stream' });
    return { stream, at: { expectedRevision: mode === 'exact' ? 1n : mode }, before: 2 };
  }
  const upTo = (end: number) => Array.from({ length: end }, (_, n) => n);

  describe('a repeated append', () => {
    describe.each(recognised)('at %s', (mode) => {
      it.each([1, 3])('of %s is stored once and answered like the first time', async (count) => {
        const { stream, at, before } = await prepared(mode);
        const events = newEvents(count, before);
        const first = await client().appendToStream(stream, events, at);
        expect(await client().appendToStream(stream, events, at)).toEqual(first);
        const after = before + count;
        await client().appendToStream(stream, newEvent(after), { expectedRevision: BigInt(after - 1) });
        expect(await client().appendToStream(stream, events, at)).toEqual(first);
        expect(await numbersOf(client().readStream(stream))).toEqual(upTo(after + 1));
      });

      it('many times at once is stored once', async () => {
        const { stream, at, before } = await prepared(mode);
        const events = newEvents(2, before);
        const results = await Promise.all(upTo(10).map(() => client().appendToStream(stream, events, at)));
        for (const result of results) expect(result).toEqual(results[0]);
        expect(await numbersOf(client().readStream(stream))).toEqual(upTo(before + 2));
      });

      it('that begins the same but goes on differently is refused', async () => {
        const { stream, at, before } = await prepared(mode);
        const events = newEvents(2, before);
        await client().appendToStream(stream, events, at);
        for (const mixed of [
          [events[0]!, newEvent(9)],
          [...events, newEvent(9)],
        ]) {
          await rejection(client().appendToStream(stream, mixed, at), WrongExpectedVersionError);
        }
        expect(await numbersOf(client().readStream(stream))).toEqual(upTo(before + 2));
      });

      it('of its first part only is answered with the place of that part', async () => {
        const { stream, at, before } = await prepared(mode);
        const events = newEvents(3, before);
        await client().appendToStream(stream, events, at);
        const part = await client().appendToStream(stream, events.slice(0, 2), at);
        expect(part.nextExpectedRevision).toBe(BigInt(before + 1));
        expect(await numbersOf(client().readStream(stream))).toEqual(upTo(before + 3));
      });
    });

    if (anyForgets) {
      it.each(BEST_EFFORT)('at %s may be stored again', async (mode) => {
        const { stream, at, before } = await prepared(mode);
        const events = newEvents(2, before);
        await client().appendToStream(stream, events, at);
        const again = await client().appendToStream(stream, events, at);
        expect(again.nextExpectedRevision).toBe(BigInt(before + 3));
      });
    }

    it('at an exact revision is not one if its events lie elsewhere', async () => {
      const stream = newStream();
      const events = newEvents(2);
      await client().appendToStream(stream, [newEvent(9), ...events], { expectedRevision: 'no_stream' });
      const elsewhere = client().appendToStream(stream, events, { expectedRevision: 'no_stream' });
      await rejection(elsewhere, WrongExpectedVersionError);
    });

    it('is a new one in another stream', async () => {
      const [one, other] = [newStream(), newStream()];
      await client().appendToStream(other, newEvent(0));
      const event = newEvent(1);
      await client().appendToStream(one, event, { expectedRevision: 'any' });
      const result = await client().appendToStream(other, event, { expectedRevision: 'any' });
      expect(result.nextExpectedRevision).toBe(1n);
      expect(await numbersOf(client().readStream(other))).toEqual([0, 1]);
    });

    it('does not bring back what was deleted', async () => {
      const stream = newStream();
      const events = newEvents(2);
      await client().appendToStream(stream, events, { expectedRevision: 'no_stream' });
      await client().deleteStream(stream);
      const { nextExpectedRevision } = await client().appendToStream(stream, newEvent(2), {
        expectedRevision: 1n,
      });
      expect(nextExpectedRevision).toBe(2n);
      await client().appendToStream(stream, events, { expectedRevision: 'no_stream' });
      expect(await numbersOf(client().readStream(stream))).toEqual([2]);
    });
  });
}

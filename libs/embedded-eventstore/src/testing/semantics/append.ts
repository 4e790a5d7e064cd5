import { randomUUID } from 'node:crypto';
import {
  binaryEvent,
  eventsOf,
  jsonEvent,
  MaxAppendSizeExceededError,
  newEvent,
  newEvents,
  newStream,
  numbersOf,
  rejection,
  WrongExpectedVersionError,
} from './client.js';
import type { Kit } from './kit.js';

export function appendSemantics({ client, server }: Kit): void {
  describe('append', () => {
    it('takes any revision and answers with the place of the last event', async () => {
      const stream = newStream();
      const first = await client().appendToStream(stream, newEvents(2), { expectedRevision: 'any' });
      expect(first.nextExpectedRevision).toBe(1n);
      const second = await client().appendToStream(stream, newEvent(2), { expectedRevision: 'any' });
      expect(second.nextExpectedRevision).toBe(2n);
      const events = await eventsOf(client().readStream(stream));
      expect(events.map((event) => event.revision)).toEqual([0n, 1n, 2n]);
      expect(events[1]!.position!.commit).toBe(first.position!.commit);
      expect(events[2]!.position!.commit).toBe(second.position!.commit);
    });

    it('takes no_stream once', async () => {
      const stream = newStream();
      await client().appendToStream(stream, newEvents(2), { expectedRevision: 'no_stream' });
      const again = client().appendToStream(stream, newEvent(9), { expectedRevision: 'no_stream' });
      expect((await rejection(again, WrongExpectedVersionError)).actualVersion).toBe(1n);
      expect(await numbersOf(client().readStream(stream))).toEqual([0, 1]);
    });

    it('takes stream_exists only if it does', async () => {
      const stream = newStream();
      const missing = client().appendToStream(stream, newEvent(0), { expectedRevision: 'stream_exists' });
      expect((await rejection(missing, WrongExpectedVersionError)).actualVersion).toBe('no_stream');
      await client().appendToStream(stream, newEvent(0));
      const result = await client().appendToStream(stream, newEvent(1), {
        expectedRevision: 'stream_exists',
      });
      expect(result.nextExpectedRevision).toBe(1n);
    });

    it.each([
      ['behind', 0n],
      ['ahead', 5n],
    ])('takes the exact revision, not one that is %s', async (_, wrong) => {
      const stream = newStream();
      await client().appendToStream(stream, newEvents(2), { expectedRevision: 'no_stream' });
      const refused = client().appendToStream(stream, newEvents(2, 7), { expectedRevision: wrong });
      expect((await rejection(refused, WrongExpectedVersionError)).actualVersion).toBe(1n);
      const result = await client().appendToStream(stream, newEvent(2), { expectedRevision: 1n });
      expect(result.nextExpectedRevision).toBe(2n);
      expect(await numbersOf(client().readStream(stream))).toEqual([0, 1, 2]);
    });

    it('refuses an exact revision of a missing stream', async () => {
      const refused = client().appendToStream(newStream(), newEvent(0), { expectedRevision: 0n });
      expect((await rejection(refused, WrongExpectedVersionError)).actualVersion).toBe('no_stream');
    });

    it('lets exactly one of many writers at the same revision win', async () => {
      const stream = newStream();
      await client().appendToStream(stream, newEvent(0), { expectedRevision: 'no_stream' });
      const writers = newEvents(40, 1).map((event) =>
        client().appendToStream(stream, event, { expectedRevision: 0n }),
      );
      const outcomes = await Promise.allSettled(writers);
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(await eventsOf(client().readStream(stream))).toHaveLength(2);
    });

    it('keeps JSON, bytes, metadata, type and id as they were', async () => {
      const stream = newStream();
      const id = randomUUID();
      const data = { text: 'žluťoučký 🐎 \u0000', list: [1.5, null, true], deep: { a: { b: [] } } };
      const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
      await client().appendToStream(stream, [
        jsonEvent({ id, type: 'kit.Json.v1', data: data as never, metadata: { who: 'é' } }),
        binaryEvent({ type: 'kit.Bytes.v1', data: bytes, metadata: bytes }),
      ]);
      const [json, binary] = await eventsOf(client().readStream(stream));
      expect(json).toMatchObject({ id, type: 'kit.Json.v1', isJson: true, streamId: stream, data });
      expect(json!.metadata).toEqual({ who: 'é' });
      expect(Math.abs(json!.created.getTime() - Date.now())).toBeLessThan(60_000);
      expect(binary).toMatchObject({ type: 'kit.Bytes.v1', isJson: false });
      expect(Buffer.from(binary!.data as Uint8Array)).toEqual(Buffer.from(bytes));
      expect(Buffer.from(binary!.metadata as Uint8Array)).toEqual(Buffer.from(bytes));
    });

    it('refuses more than the largest append and goes on', async () => {
      const stream = newStream();
      const large = jsonEvent({ type: 'kit.Large.v1', data: { text: 'x'.repeat(5 * 1024 * 1024) } });
      await rejection(client().appendToStream(stream, large), MaxAppendSizeExceededError);
      await client().appendToStream(stream, newEvent(1), { expectedRevision: 'no_stream' });
      expect(await numbersOf(client().readStream(stream))).toEqual([1]);
    });

    it('means the same through the unary call', async () => {
      const stream = newStream();
      const [, username = '', password = ''] = /^esdb:\/\/([^:@/]+):([^@/]+)@/.exec(server().url) ?? [];
      // Credentials of its own make the client leave the batch stream.
      const credentials = { username, password: decodeURIComponent(password) };
      const unary = { credentials, expectedRevision: 'no_stream' } as const;
      const events = newEvents(2);
      const result = await client().appendToStream(stream, events, unary);
      expect(result.nextExpectedRevision).toBe(1n);
      expect(await client().appendToStream(stream, events, unary)).toEqual(result);
      const refused = client().appendToStream(stream, newEvent(9), unary);
      expect((await rejection(refused, WrongExpectedVersionError)).actualVersion).toBe(1n);
      const large = jsonEvent({ type: 'kit.Large.v1', data: { text: 'x'.repeat(2 * 1024 * 1024) } });
      await rejection(client().appendToStream(stream, large, { credentials }), MaxAppendSizeExceededError);
      expect(await numbersOf(client().readStream(stream))).toEqual([0, 1]);
    });
  });
}

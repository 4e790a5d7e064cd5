import {
  AccessDeniedError,
  closeClient,
  EventStoreDBClient,
  eventsOf,
  newEvent,
  newEvents,
  newStream,
  numbersOf,
  rejection,
  StreamNotFoundError,
} from './client.js';
import { Collector } from './collector.js';
import type { Kit } from './kit.js';

export function accessSemantics({ client, server }: Kit): void {
  describe('access', () => {
    it('is refused with a wrong password, whatever is asked for, and nothing happens', async () => {
      const impostor = EventStoreDBClient.connectionString(server().url.replace(/:[^:@/]+@/, ':wrong@'));
      const stream = newStream();
      await client().appendToStream(stream, newEvent(0));
      const refused = [
        () => impostor.appendToStream(stream, newEvent(1)),
        () => impostor.setStreamMetadata(stream, { maxCount: 1 }),
        () => impostor.deleteStream(stream),
        () => impostor.tombstoneStream(stream),
        () => eventsOf(impostor.readStream(stream)),
        () => eventsOf(impostor.readAll({ maxCount: 1 })),
      ];
      for (const attempt of refused) await rejection(attempt(), AccessDeniedError);
      const collector = new Collector().follow(impostor.subscribeToStream(stream));
      await collector.until(() => collector.error !== undefined);
      expect(collector.error).toBeInstanceOf(AccessDeniedError);
      await collector.stop();
      await closeClient(impostor);
      expect(await numbersOf(client().readStream(stream))).toEqual([0]);
    });

    it('to system streams needs no access control list of theirs', async () => {
      const stream = newStream('$kit');
      await client().appendToStream(stream, newEvents(2), { expectedRevision: 'no_stream' });
      expect(await numbersOf(client().readStream(stream))).toEqual([0, 1]);
      await client().deleteStream(stream);
      await rejection(eventsOf(client().readStream(stream)), StreamNotFoundError);
    });
  });
}

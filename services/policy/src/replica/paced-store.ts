import { setTimeout as pause } from 'node:timers/promises';
import { AppError } from '@portcullis/contracts';
import type { EventStore, ReadOptions, StoredEvent } from '@portcullis/eventing';

/** Facts that are read and verified in one go (some 5 ms of processor time), and the pause after them: a tenth of a core. */
const PAGE = 16;
const PAUSE_MS = 50;

/**
 * Reads of a stream forwards that take their time, so that what is done with them is never in anybody's way.
 * @throws AppError UNAVAILABLE when it is stopped
 */
export function pacedStore(store: Pick<EventStore, 'read'>, stopped: AbortSignal): Pick<EventStore, 'read'> {
  async function* read(stream: string, options?: ReadOptions): AsyncGenerator<StoredEvent> {
    let from = options?.from ?? 'start';
    for (;;) {
      let events = 0;
      for await (const event of store.read(stream, { ...options, from, limit: PAGE })) {
        yield event;
        from = event.revision + 1n;
        events += 1;
      }
      await pause(PAUSE_MS, undefined, { ref: false });
      if (stopped.aborted) throw new AppError('UNAVAILABLE', 'The service is stopping.');
      if (events < PAGE) return;
    }
  }
  return { read };
}

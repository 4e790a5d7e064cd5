import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EventStore, ReadOptions, StoredEvent } from '@portcullis/eventing';

/** Facts that are verified and folded in one go: some milliseconds in which nothing else is decided. */
const AT_ONCE = 64;

/** Reads that let others have their turn. */
export function unhurriedStore(store: Pick<EventStore, 'read'>): Pick<EventStore, 'read'> {
  async function* read(stream: string, options?: ReadOptions): AsyncGenerator<StoredEvent> {
    let events = 0;
    for await (const event of store.read(stream, options)) {
      yield event;
      events += 1;
      if (events % AT_ONCE === 0) await nextTurn();
    }
  }
  return { read };
}

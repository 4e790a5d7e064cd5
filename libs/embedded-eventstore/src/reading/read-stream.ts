import type { EventStorage } from '../storage/event-storage.js';
import type { Direction, RecordedEvent } from '../storage/event-table.js';
import { firstReadable, type StreamRecord } from '../storage/stream-record.js';
import { PAGE, yieldTurn } from './page.js';

export interface StreamRange {
  /** Inclusive revision. */
  from: number | 'start' | 'end';
  direction: Direction;
  limit: number;
}

/** The events of a stream that its retention leaves, up to what was its end when the read began. */
export async function* readStream(
  storage: EventStorage,
  stream: StreamRecord,
  { from, direction, limit }: StreamRange,
): AsyncGenerator<RecordedEvent> {
  const forwards = direction === 'forwards';
  let first = firstReadable(stream);
  let last = stream.lastRevision;
  if (forwards) first = Math.max(first, lowerBound(from, last));
  else last = Math.min(last, upperBound(from));
  const createdSinceMs = stream.maxAgeSeconds === undefined ? 0 : Date.now() - stream.maxAgeSeconds * 1000;
  for (let left = limit; left > 0 && first <= last;) {
    const size = Math.min(PAGE, left);
    const page = storage.log.events.readStream(stream.id, { first, last, createdSinceMs }, direction, size);
    yield* page;
    if (page.length < size) return;
    left -= page.length;
    const reached = page.at(-1)!.revision;
    if (forwards) first = reached + 1;
    else last = reached - 1;
    await yieldTurn();
  }
}

const lowerBound = (from: StreamRange['from'], last: number): number =>
  from === 'start' ? 0 : from === 'end' ? last + 1 : from;

const upperBound = (from: StreamRange['from']): number =>
  from === 'start' ? -1 : from === 'end' ? Number.MAX_SAFE_INTEGER : from;

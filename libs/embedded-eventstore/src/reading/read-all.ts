import type { EventFilter } from '../protocol/event-filter.js';
import type { EventStorage } from '../storage/event-storage.js';
import type { Direction, RecordedEvent } from '../storage/event-table.js';
import { PAGE, yieldTurn } from './page.js';

export interface AllRange {
  from: number | 'start' | 'end';
  direction: Direction;
  limit: number;
  filter: EventFilter | undefined;
}

/**
 * The whole log, up to what was its end when the read began. A position is a place *between* events, just before the
 * event that has it: forwards it is included, backwards it is not.
 */
export async function* readAll(
  storage: EventStorage,
  { from, direction, limit, filter }: AllRange,
): AsyncGenerator<RecordedEvent> {
  const forwards = direction === 'forwards';
  let { first, last } = boundsOf(from, forwards, storage.end());
  for (let left = limit; left > 0 && first <= last;) {
    const page = storage.log.events.scan(first, last, direction, PAGE);
    for (const scanned of page) {
      if (filter && !filter.matches(scanned)) continue;
      const event = storage.log.events.at(scanned.position);
      if (!event) continue;
      yield event;
      left -= 1;
      if (left === 0) return;
    }
    if (page.length < PAGE) return;
    const reached = page.at(-1)!.position;
    if (forwards) first = reached + 1;
    else last = reached - 1;
    await yieldTurn();
  }
}

function boundsOf(from: AllRange['from'], forwards: boolean, end: number): { first: number; last: number } {
  const at = from === 'start' ? 1 : from === 'end' ? end + 1 : from;
  return forwards ? { first: at, last: end } : { first: 1, last: Math.min(end, at - 1) };
}

import type { EventStore } from './event-store.js';

export interface Backlog {
  /** Events that are still to come; at most as many as were asked for. */
  events: number;
  /** When the oldest of them was stored; undefined when there is none. */
  oldest: Date | undefined;
}

/** What is before a reader of streams with this prefix that has come as far as `position` (a commit position; -1: nowhere). */
export async function backlogAfter(
  store: Pick<EventStore, 'readAll'>,
  prefix: string,
  position: bigint,
  limit: number,
): Promise<Backlog> {
  const backlog: Backlog = { events: 0, oldest: undefined };
  // The read begins with the event at the position itself.
  for await (const event of store.readAll({ from: position < 0n ? 'start' : position, limit: limit + 1 })) {
    if (event.position <= position || !event.stream.startsWith(prefix)) continue;
    backlog.events += 1;
    backlog.oldest ??= event.created;
  }
  return backlog;
}

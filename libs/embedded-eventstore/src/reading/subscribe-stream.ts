import type { EventStorage } from '../storage/event-storage.js';
import { isReadable, type StreamRecord } from '../storage/stream-record.js';
import { readStream } from './read-stream.js';
import type { SubscriptionMessage } from './subscription-message.js';

export interface StreamSubscriptionRequest {
  name: string;
  /** Exclusive revision. */
  from: number | 'start' | 'end';
}

/**
 * Catches up with a stream and then follows it; a stream that does not exist yet is waited for.
 * Ends by itself only when the stream is tombstoned.
 */
export async function* subscribeStream(
  storage: EventStorage,
  { name, from }: StreamSubscriptionRequest,
  signal: AbortSignal,
): AsyncGenerator<SubscriptionMessage> {
  const find = () => storage.log.streams.find(name);
  let cursor = startOf(from, find());
  let live = false;
  while (!signal.aborted) {
    const stream = find();
    if (stream?.tombstoned) return;
    if (isReadable(stream)) {
      yield* eventsAfter(storage, stream, cursor);
      cursor = Math.max(cursor, stream.lastRevision);
    }
    if (!live) {
      live = true;
      yield { kind: 'caught_up' };
    }
    // Nothing may happen between this check and the wait: both are in one turn.
    if (!hasMore(find(), cursor)) await storage.commits.next(signal);
  }
}

function startOf(from: StreamSubscriptionRequest['from'], stream: StreamRecord | undefined): number {
  if (from === 'start') return -1;
  return from === 'end' ? (stream?.lastRevision ?? -1) : from;
}

async function* eventsAfter(
  storage: EventStorage,
  stream: StreamRecord,
  cursor: number,
): AsyncGenerator<SubscriptionMessage> {
  const range = { from: cursor + 1, direction: 'forwards', limit: Number.MAX_SAFE_INTEGER } as const;
  for await (const event of readStream(storage, stream, range)) yield { kind: 'event', event };
}

const hasMore = (stream: StreamRecord | undefined, cursor: number): boolean =>
  stream?.tombstoned === true || (isReadable(stream) && stream.lastRevision > cursor);

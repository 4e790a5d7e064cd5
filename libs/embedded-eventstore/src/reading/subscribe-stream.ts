import type { EventStorage } from '../storage/event-storage.js';
import { firstReadable, type StreamRecord } from '../storage/stream-record.js';
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
  let cursor = from === 'start' ? -1 : from === 'end' ? (find()?.lastRevision ?? -1) : from;
  let live = false;
  while (!signal.aborted) {
    const stream = find();
    if (stream?.tombstoned) return;
    if (stream && !stream.softDeleted) {
      const range = { from: cursor + 1, direction: 'forwards', limit: Number.MAX_SAFE_INTEGER } as const;
      for await (const event of readStream(storage, stream, range)) {
        if (signal.aborted) return;
        yield { kind: 'event', event };
      }
      cursor = Math.max(cursor, stream.lastRevision);
    }
    if (!live) {
      live = true;
      yield { kind: 'caught_up' };
    }
    if (!signal.aborted && isUnchanged(find(), cursor)) await storage.commits.next(signal);
  }
}

/** Called in the same turn as the wait that follows it. */
const isUnchanged = (stream: StreamRecord | undefined, cursor: number): boolean =>
  !stream?.tombstoned &&
  (!stream || stream.softDeleted || Math.max(firstReadable(stream) - 1, stream.lastRevision) <= cursor);

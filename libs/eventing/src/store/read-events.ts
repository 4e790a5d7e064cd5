import type { Readable } from 'node:stream';
import { AppError } from '@portcullis/contracts';
import type { StoredEvent } from './event-store.js';
import { translateError } from './translate-error.js';

/** What this needs of the client's read streams. */
export interface EventSource extends Readable {
  cancel(): Promise<void>;
}

const isMissing = (error: unknown): boolean => (error as { type?: unknown })?.type === 'stream-not-found';

export interface ReadBounds {
  /** Between two events, not counting the time that the consumer takes. */
  silenceMs: number;
  /** What the server was asked for at most. */
  limit: number | undefined;
}

/**
 * Yields the events of one read and always frees it. A read that is left early has to be cancelled and drained: only
 * destroying it would leave its HTTP/2 stream with the client for ever. One that the server has answered whole is not
 * cancelled, though: a server counts cancelled streams, and after a thousand of them ends the connection (nghttp2's limit
 * on resets). The client has no deadline for reads, so silence is limited here.
 */
export async function* readEvents<Resolved>(
  source: EventSource,
  convert: (resolved: Resolved) => StoredEvent | undefined,
  { silenceMs, limit = Infinity }: ReadBounds,
): AsyncGenerator<StoredEvent, void, undefined> {
  source.on('error', () => undefined);
  let waiting = true;
  let received = 0;
  let isWhole = false;
  const watchdog = setInterval(() => {
    if (waiting) source.destroy(new AppError('DEADLINE_EXCEEDED', 'The event store did not answer in time'));
  }, silenceMs);
  try {
    for await (const resolved of source.iterator({ destroyOnReturn: false })) {
      waiting = false;
      received += 1;
      isWhole = received >= limit;
      const event = convert(resolved as Resolved);
      if (event) yield event;
      waiting = true;
      watchdog.refresh();
    }
  } catch (error) {
    isWhole = isMissing(error);
    if (!isWhole) throw translateError(error);
  } finally {
    clearInterval(watchdog);
    // Not awaited: on a connection that never came up there is nothing to cancel yet.
    if (!isWhole) source.cancel().catch(() => undefined);
    source.resume();
  }
}

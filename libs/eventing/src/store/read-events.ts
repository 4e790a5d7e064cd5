import type { Readable } from 'node:stream';
import { AppError } from '@portcullis/contracts';
import type { StoredEvent } from './event-store.js';
import { translateError } from './translate-error.js';

/** What this needs of the client's read streams. */
export interface EventSource extends Readable {
  cancel(): Promise<void>;
}

const isMissing = (error: unknown): boolean => (error as { type?: unknown })?.type === 'stream-not-found';

/**
 * Yields the events of one read and always frees it. A read that is left early has to be cancelled and drained: only
 * destroying it would leave its HTTP/2 stream with the client for ever. The client has no deadline for reads, so
 * silence is limited here: `silenceMs` between two events, not counting the time that the consumer takes.
 */
export async function* readEvents<Resolved>(
  source: EventSource,
  convert: (resolved: Resolved) => StoredEvent | undefined,
  silenceMs: number,
): AsyncGenerator<StoredEvent, void, undefined> {
  source.on('error', () => undefined);
  let waiting = true;
  const watchdog = setInterval(() => {
    if (waiting) source.destroy(new AppError('DEADLINE_EXCEEDED', 'The event store did not answer in time'));
  }, silenceMs);
  try {
    for await (const resolved of source.iterator({ destroyOnReturn: false })) {
      waiting = false;
      const event = convert(resolved as Resolved);
      if (event) yield event;
      waiting = true;
      watchdog.refresh();
    }
  } catch (error) {
    if (!isMissing(error)) throw translateError(error);
  } finally {
    clearInterval(watchdog);
    // Not awaited: on a connection that never came up there is nothing to cancel yet.
    source.cancel().catch(() => undefined);
    source.resume();
  }
}

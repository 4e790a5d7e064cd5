import { AppError } from '@portcullis/contracts';
import type { NewEvent } from './event-store.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** EventStoreDB's default `MaxAppendSize`, bytes. */
export const MAX_APPEND_BYTES = 1024 * 1024;

/**
 * Refuses what would break more than itself: a message above the transport's limit ends the multiplexed append stream
 * of the client, and with it everybody's pending appends.
 */
export function checkAppend(stream: string, events: readonly NewEvent[]): void {
  if (stream === '') throw new AppError('INVALID_ARGUMENT', 'A stream has a name');
  if (events.length === 0) throw new AppError('INVALID_ARGUMENT', 'An append has at least one event');
  let bytes = 0;
  for (const event of events) {
    if (!UUID.test(event.id)) throw new AppError('INVALID_ARGUMENT', 'The id of an event is a UUID');
    if (event.type === '') throw new AppError('INVALID_ARGUMENT', 'An event has a type');
    bytes += sizeOf(event.data) + (event.metadata === undefined ? 0 : sizeOf(event.metadata));
  }
  if (bytes > MAX_APPEND_BYTES) {
    throw new AppError('PAYLOAD_TOO_LARGE', 'The events are larger than one append may be', {
      details: { outcome: 'not_appended', limit: MAX_APPEND_BYTES, size: bytes },
    });
  }
}

function sizeOf(value: unknown): number {
  const text = JSON.stringify(value);
  if (text === undefined) throw new AppError('INVALID_ARGUMENT', 'The data of an event is a JSON value');
  return Buffer.byteLength(text);
}

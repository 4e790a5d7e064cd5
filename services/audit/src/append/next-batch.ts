/** Below the megabyte that an event store takes in one append, with room for what surrounds each event. */
const MAX_BATCH_BYTES = 768 * 1024;
const MAX_BATCH_EVENTS = 512;

/** The longest beginning of the queue that fits into one append; at least one element. */
export function nextBatch<T extends { bytes: number }>(queue: readonly T[]): { batch: T[]; rest: T[] } {
  let bytes = 0;
  let count = 0;
  for (const { bytes: size } of queue) {
    bytes += size;
    if (count > 0 && (bytes > MAX_BATCH_BYTES || count >= MAX_BATCH_EVENTS)) break;
    count += 1;
  }
  return { batch: queue.slice(0, count), rest: queue.slice(count) };
}

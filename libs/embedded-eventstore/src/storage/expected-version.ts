import type { EventTable, ProposedEvent } from './event-table.js';
import type { StreamRecord } from './stream-record.js';

export type ExpectedVersion = 'any' | 'no_stream' | 'stream_exists' | number;

export type Verdict =
  | { kind: 'ok' }
  /** These events are in the stream already, where the request wants them; it is answered like the first time. */
  | { kind: 'repeated'; revision: number; position: number }
  /** `current` is -1 when the stream has no event. */
  | { kind: 'wrong_version'; current: number }
  | { kind: 'deleted' };

const NO_STREAM = -1;

/** Where ids are looked up by which a repeated append is recognised. */
export interface KnownEvents {
  table: EventTable;
  /** Without it, nothing is recognised at `any` and `stream_exists`, where a server may forget. */
  byId: boolean;
}

/**
 * Whether a write may happen, like EventStoreDB's commit check. `events` is empty for deletes.
 * Soft deleted streams count as missing for `no_stream` and as deleted for `stream_exists`; `any` and the exact last
 * revision recreate them. A stream of which there is only metadata exists.
 */
export function checkExpectedVersion(
  known: KnownEvents,
  stream: StreamRecord | undefined,
  expected: ExpectedVersion,
  events: readonly ProposedEvent[],
): Verdict {
  if (!stream) return checkMissing(expected);
  if (stream.tombstoned) return { kind: 'deleted' };
  if (expected === 'stream_exists' && stream.softDeleted) return { kind: 'deleted' };
  if (expected === 'any' || expected === 'stream_exists')
    return known.byId ? repeatedById(known.table, stream, events) : OK;
  return checkExact(known.table, stream, expected === 'no_stream' ? NO_STREAM : expected, events);
}

const OK: Verdict = { kind: 'ok' };

const checkMissing = (expected: ExpectedVersion): Verdict =>
  expected === 'any' || expected === 'no_stream' ? OK : { kind: 'wrong_version', current: NO_STREAM };

/** All ids known: a repetition. The first unknown: new. Some known: neither, so it is refused. */
function repeatedById(table: EventTable, stream: StreamRecord, events: readonly ProposedEvent[]): Verdict {
  let last: { position: number; revision: number } | undefined;
  for (const [index, event] of events.entries()) {
    const found = table.findById(stream.id, event.id);
    if (!found) return index === 0 ? OK : { kind: 'wrong_version', current: stream.lastRevision };
    last = found;
  }
  return last ? { kind: 'repeated', ...last } : OK;
}

function checkExact(
  table: EventTable,
  stream: StreamRecord,
  expected: number,
  events: readonly ProposedEvent[],
): Verdict {
  const current = stream.lastRevision;
  if (expected === current) return OK;
  const repeated = expected < current ? repeatedAt(table, stream, expected + 1, events) : undefined;
  if (repeated) return repeated;
  return expected === NO_STREAM && stream.softDeleted ? OK : { kind: 'wrong_version', current };
}

function repeatedAt(
  table: EventTable,
  stream: StreamRecord,
  first: number,
  events: readonly ProposedEvent[],
): Verdict | undefined {
  if (events.length === 0) return undefined;
  let position = 0;
  for (const [index, event] of events.entries()) {
    const stored = table.findByRevision(stream.id, first + index);
    if (!stored || Buffer.compare(stored.id, event.id) !== 0) return undefined;
    position = stored.position;
  }
  return { kind: 'repeated', revision: first + events.length - 1, position };
}

import { TOMBSTONE_REVISION } from '../storage/schema.js';
import { firstReadable, type StreamRecord } from '../storage/stream-record.js';

/** Up to where, and by what clock, a scavenge removes. */
export interface ScavengePoint {
  /** Exclusive. */
  position: number;
  /** Milliseconds since the epoch. */
  nowMs: number;
}

export interface Candidate {
  position: number;
  revision: number;
  createdMs: number;
}

export interface Owner {
  stream: StreamRecord;
  /** It is the metastream of a tombstoned stream. */
  ofTombstoned: boolean;
}

/**
 * Whether a scavenge removes an event, like EventStoreDB's: what reads of its stream hide, but never the last event of a
 * stream, so that its revisions go on everywhere. Of a tombstoned stream only the tombstone stays.
 */
export function isRemovable(
  { stream, ofTombstoned }: Owner,
  event: Candidate,
  point: ScavengePoint,
): boolean {
  if (event.position >= point.position) return false;
  if (stream.tombstoned) return event.revision !== TOMBSTONE_REVISION;
  if (ofTombstoned) return true;
  if (event.revision >= stream.lastRevision) return false;
  return event.revision < firstReadable(stream) || hasExpired(stream, event, point.nowMs);
}

const hasExpired = ({ maxAgeSeconds }: StreamRecord, { createdMs }: Candidate, nowMs: number): boolean =>
  maxAgeSeconds !== undefined && createdMs < nowMs - maxAgeSeconds * 1000;

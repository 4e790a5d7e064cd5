/** What the store knows about a stream. Revisions are from 0; -1 stands for "no event yet". */
export interface StreamRecord {
  id: number;
  name: string;
  lastRevision: number;
  tombstoned: boolean;
  softDeleted: boolean;
  truncateBefore: number;
  maxCount: number | undefined;
  maxAgeSeconds: number | undefined;
}

const METASTREAM_PREFIX = '$$';

export const isMetastream = (name: string): boolean => name.startsWith(METASTREAM_PREFIX);
export const metastreamOf = (name: string): string => METASTREAM_PREFIX + name;
export const originalOf = (metastream: string): string => metastream.slice(METASTREAM_PREFIX.length);

/** First revision a read may return; `$maxAge` is applied per event. Of a metastream only the last event counts. */
export function firstReadable(stream: StreamRecord): number {
  const maxCount = isMetastream(stream.name) ? 1 : stream.maxCount;
  const byCount = maxCount === undefined ? 0 : stream.lastRevision - maxCount + 1;
  return Math.max(0, stream.truncateBefore, byCount);
}

/** Whether a read finds a stream at all; one whose events are all truncated is found, and empty. */
export const isReadable = (stream: StreamRecord | undefined): stream is StreamRecord =>
  stream !== undefined && !stream.softDeleted && stream.lastRevision >= 0;

import type { AuditRecord } from '@portcullis/contracts';
import type { StoredEvent } from '@portcullis/eventing';
import { dataHashOf } from '../append/record-log.js';
import { SEGMENTS_STREAM } from '../append/segments.events.js';
import { decodeRecord } from '../records/record-events.js';

export interface ProjectedRecord {
  kind: 'record';
  org: string;
  stream: string;
  revision: bigint;
  record: AuditRecord;
  dataHash: string;
}

/** An event that stands in an audit stream and is no record of it: reported, never skipped in silence. */
export interface ProjectedFault {
  kind: 'fault';
  org: string;
  stream: string;
  revision: bigint;
  reason: 'unreadable' | 'foreign';
}

const STREAM = /^audit-([0-7][0-9A-HJKMNP-TV-Z]{25})-(calls|admin)-\d{6}$/;

/** What a stored event is to the projection; undefined for the streams that hold no records. */
export function projectEvent(event: StoredEvent): ProjectedRecord | ProjectedFault | undefined {
  const { stream, revision } = event;
  const [, org, recordClass] = STREAM.exec(stream) ?? [];
  if (stream === SEGMENTS_STREAM || org === undefined) return undefined;
  let record: AuditRecord;
  try {
    record = decodeRecord(event);
  } catch {
    return { kind: 'fault', org, stream, revision, reason: 'unreadable' };
  }
  if (record.org !== org || record.class !== recordClass) {
    return { kind: 'fault', org, stream, revision, reason: 'foreign' };
  }
  return { kind: 'record', org, stream, revision, record, dataHash: dataHashOf(record) };
}

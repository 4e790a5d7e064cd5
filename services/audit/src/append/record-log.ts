import { b64u, canonicalBytes, recordHash, type AuditRecord } from '@portcullis/contracts';
import type { EventStore } from '@portcullis/eventing';
import { decodeStored, encodeRecord } from '../records/record-events.js';
import { eventIdOf } from './event-id.js';
import type { SegmentRegistry } from './segment-registry.js';
import { StreamWriter } from './stream-writer.js';

/** A record that the event store has acknowledged. */
export interface StoredRecord {
  readonly record: AuditRecord;
  readonly stream: string;
  readonly revision: number;
  /** Hash of the record's RFC 8785 bytes, base64url. */
  readonly dataHash: string;
}

export interface AppendTerms {
  /** Milliseconds since the epoch. */
  deadline: number;
  /** The same statement may have been sent before. */
  repeated: boolean;
}

export interface WriteCounter {
  /** Writes to the event store and records in them: what group commit saves. */
  readonly writes: number;
  readonly records: number;
}

/** Room for the names and the metadata around an event's data. */
const EVENT_OVERHEAD_BYTES = 256;

/** Durable, append-only: resolves only when the record is in the event store and its stream in the registry. */
export class RecordLog {
  readonly #writers = new Map<string, StreamWriter>();
  readonly #counter = { writes: 0, records: 0 };

  constructor(
    private readonly store: Pick<EventStore, 'append' | 'read'>,
    private readonly segments: SegmentRegistry,
    private readonly now: () => number = Date.now,
  ) {}

  get counter(): WriteCounter {
    return this.#counter;
  }

  /**
   * The record as it is stored. With `repeated`, that can be an earlier one with the same recordId.
   *
   * @throws AppError `UNAVAILABLE` when it could not be confirmed within the deadline: it may be stored.
   */
  async append(record: AuditRecord, { deadline, repeated }: AppendTerms): Promise<StoredRecord> {
    const stream = await this.segments.open(record.org, record.class, new Date(record.time));
    const dataHash = dataHashOf(record);
    const event = { id: eventIdOf(record, dataHash), ...encodeRecord(record) };
    const bytes = Buffer.byteLength(JSON.stringify(event.data)) + EVENT_OVERHEAD_BYTES;
    const { revision, data } = await this.#writer(stream).submit({ event, bytes, deadline, repeated });
    const place = { stream, revision: Number(revision) };
    if (data === event.data) return { record, dataHash, ...place };
    const stored = decodeStored(data);
    return { record: stored, dataHash: dataHashOf(stored), ...place };
  }

  #writer(stream: string): StreamWriter {
    const existing = this.#writers.get(stream);
    if (existing) return existing;
    const wrote = (events: number): void => {
      this.#counter.writes += 1;
      this.#counter.records += events;
    };
    const writer = new StreamWriter({ store: this.store, stream, now: this.now, wrote });
    this.#writers.set(stream, writer);
    return writer;
  }
}

export const dataHashOf = (record: AuditRecord): string => b64u(recordHash(canonicalBytes(record)));

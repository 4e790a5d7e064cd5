import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { EventTable, type ProposedEvent } from './event-table.js';
import { TOMBSTONE_REVISION } from './schema.js';
import { deletedMetadata, parseMetadata, recreatedMetadata, retentionOf } from './stream-metadata.js';
import { isMetastream, metastreamOf, originalOf, type StreamRecord } from './stream-record.js';
import { StreamTable } from './stream-table.js';

export interface Written {
  revision: number;
  position: number;
}

/**
 * What can be written, inside a transaction that the caller owns. Every `$metadata` event of a metastream takes effect
 * in the same transaction.
 */
export class EventLog {
  readonly streams: StreamTable;
  readonly events: EventTable;
  readonly #now: () => number;

  constructor(db: DatabaseSync, now: () => number = Date.now) {
    this.streams = new StreamTable(db);
    this.events = new EventTable(db);
    this.#now = now;
  }

  /** @param events at least one @returns the place of the last one */
  append(name: string, events: readonly ProposedEvent[]): Written {
    const stream = this.streams.findOrCreate(name);
    const written = this.#write(stream, events);
    if (stream.softDeleted) this.#recreate(stream);
    if (isMetastream(name)) this.#applyMetadata(originalOf(name), events);
    return written;
  }

  softDelete(name: string): Written {
    const metastream = this.streams.findOrCreate(metastreamOf(name));
    const event = metadataEvent(deletedMetadata());
    const written = this.#write(metastream, [event]);
    this.streams.retain(this.streams.findOrCreate(name), retentionOf(parseMetadata(event.data)));
    return written;
  }

  tombstone(name: string): Written {
    const stream = this.streams.findOrCreate(name);
    const { position, createdMs } = this.#next();
    const event = { ...metadataEvent(new Uint8Array()), type: '$streamDeleted' };
    this.events.insert(event, { streamId: stream.id, revision: TOMBSTONE_REVISION }, position, createdMs);
    this.streams.tombstone(stream);
    return { revision: TOMBSTONE_REVISION, position };
  }

  #write(stream: StreamRecord, events: readonly ProposedEvent[]): Written {
    const { position: first, createdMs } = this.#next();
    const next = stream.lastRevision + 1;
    for (const [index, event] of events.entries()) {
      const place = { streamId: stream.id, revision: next + index };
      this.events.insert(event, place, first + index, createdMs);
    }
    const written = { revision: stream.lastRevision + events.length, position: first + events.length - 1 };
    this.streams.advance(stream, written.revision);
    return written;
  }

  /** The store's clock never goes back, whatever the system's does: `$maxAge` relies on the order. */
  #next(): { position: number; createdMs: number } {
    const last = this.events.last();
    return { position: last.position + 1, createdMs: Math.max(last.createdMs, this.#now()) };
  }

  #applyMetadata(name: string, events: readonly ProposedEvent[]): void {
    const stream = this.streams.findOrCreate(name);
    const last = events.findLast((event) => event.type === '$metadata');
    if (!last) return;
    this.streams.retain(stream, retentionOf(parseMetadata(last.data)));
    // New metadata must not bring deleted events back.
    if (stream.softDeleted) this.#recreate(stream);
  }

  #recreate(stream: StreamRecord): void {
    const metastream = this.streams.findOrCreate(metastreamOf(stream.name));
    const latest = this.events.findByRevision(metastream.id, metastream.lastRevision);
    const metadata = latest ? parseMetadata(this.events.at(latest.position)!.data) : {};
    const event = metadataEvent(recreatedMetadata(metadata, stream.lastRevision + 1));
    this.#write(metastream, [event]);
    this.streams.retain(stream, retentionOf(parseMetadata(event.data)));
  }
}

const metadataEvent = (data: Uint8Array): ProposedEvent => ({
  id: Buffer.from(randomUUID().replaceAll('-', ''), 'hex'),
  type: '$metadata',
  isJson: true,
  data,
  metadata: new Uint8Array(),
});

import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** An event as its writer proposes it. */
export interface ProposedEvent {
  /** 16 bytes. */
  id: Uint8Array;
  type: string;
  isJson: boolean;
  data: Uint8Array;
  metadata: Uint8Array;
}

export interface RecordedEvent extends ProposedEvent {
  position: number;
  stream: string;
  revision: number;
  createdMs: number;
}

/** Where an event lies, without its body. */
export interface ScannedEvent {
  position: number;
  stream: string;
  type: string;
}

export interface Placed {
  streamId: number;
  revision: number;
}

export type Direction = 'forwards' | 'backwards';

const COLUMNS = 'e.position, s.name, e.revision, e.type, e.is_json, e.created_ms, e.id, e.metadata, e.data';
const FROM = 'FROM event e JOIN stream s ON s.id = e.stream_id';

/** The log. Positions grow by one from 1; all bounds are inclusive. */
export class EventTable {
  readonly #insert: StatementSync;
  readonly #at: StatementSync;
  readonly #byId: StatementSync;
  readonly #byRevision: StatementSync;
  readonly #inStream: Record<Direction, StatementSync>;
  readonly #scan: Record<Direction, StatementSync>;
  readonly #last: StatementSync;

  constructor(db: DatabaseSync) {
    // The driver binds empty bytes as NULL.
    this.#insert = db.prepare(
      `INSERT INTO event (position, stream_id, revision, type, is_json, created_ms, id, metadata, data)
       VALUES (?, ?, ?, ?, ?, ?, ?, coalesce(?, zeroblob(0)), coalesce(?, zeroblob(0)))`,
    );
    this.#at = db.prepare(`SELECT ${COLUMNS} ${FROM} WHERE e.position = ?`);
    this.#byId = db.prepare(
      'SELECT position, revision FROM event WHERE id = ? AND stream_id = ? ORDER BY position DESC LIMIT 1',
    );
    this.#byRevision = db.prepare('SELECT position, id FROM event WHERE stream_id = ? AND revision = ?');
    const inStream = (order: string) =>
      db.prepare(
        `SELECT ${COLUMNS} ${FROM} WHERE e.stream_id = ? AND e.revision BETWEEN ? AND ? AND e.created_ms >= ?
         ORDER BY e.revision ${order} LIMIT ?`,
      );
    this.#inStream = { forwards: inStream('ASC'), backwards: inStream('DESC') };
    const scan = (order: string) =>
      db.prepare(
        `SELECT e.position, s.name, e.type ${FROM} WHERE e.position BETWEEN ? AND ?
         ORDER BY e.position ${order} LIMIT ?`,
      );
    this.#scan = { forwards: scan('ASC'), backwards: scan('DESC') };
    this.#last = db.prepare('SELECT position, created_ms FROM event ORDER BY position DESC LIMIT 1');
  }

  insert(event: ProposedEvent, place: Placed, position: number, createdMs: number): void {
    const { id, type, isJson, metadata, data } = event;
    const { streamId, revision } = place;
    this.#insert.run(position, streamId, revision, type, Number(isJson), createdMs, id, metadata, data);
  }

  /** Undefined when a scavenge has removed it. */
  at(position: number): RecordedEvent | undefined {
    const row = this.#at.get(position);
    return row && toRecorded(row);
  }

  findById(streamId: number, id: Uint8Array): { position: number; revision: number } | undefined {
    return this.#byId.get(id, streamId) as { position: number; revision: number } | undefined;
  }

  findByRevision(streamId: number, revision: number): { position: number; id: Uint8Array } | undefined {
    return this.#byRevision.get(streamId, revision) as { position: number; id: Uint8Array } | undefined;
  }

  readStream(
    streamId: number,
    bounds: { first: number; last: number; createdSinceMs: number },
    direction: Direction,
    limit: number,
  ): RecordedEvent[] {
    const { first, last, createdSinceMs } = bounds;
    return this.#inStream[direction].all(streamId, first, last, createdSinceMs, limit).map(toRecorded);
  }

  scan(first: number, last: number, direction: Direction, limit: number): ScannedEvent[] {
    return this.#scan[direction].all(first, last, limit).map((row) => ({
      position: row['position'] as number,
      stream: row['name'] as string,
      type: row['type'] as string,
    }));
  }

  last(): { position: number; createdMs: number } {
    const row = this.#last.get();
    return { position: (row?.['position'] as number) ?? 0, createdMs: (row?.['created_ms'] as number) ?? 0 };
  }
}

function toRecorded(row: Record<string, unknown>): RecordedEvent {
  return {
    position: row['position'] as number,
    stream: row['name'] as string,
    revision: row['revision'] as number,
    type: row['type'] as string,
    isJson: row['is_json'] === 1,
    createdMs: row['created_ms'] as number,
    id: row['id'] as Uint8Array,
    metadata: row['metadata'] as Uint8Array,
    data: row['data'] as Uint8Array,
  };
}

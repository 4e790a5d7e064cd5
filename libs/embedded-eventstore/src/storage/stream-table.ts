import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Retention } from './stream-metadata.js';
import type { StreamRecord } from './stream-record.js';

/** Streams by name. Nothing is kept in memory, so a rolled back transaction needs no clean-up. */
export class StreamTable {
  readonly #find: StatementSync;
  readonly #get: StatementSync;
  readonly #create: StatementSync;
  readonly #advance: StatementSync;
  readonly #retain: StatementSync;
  readonly #tombstone: StatementSync;

  constructor(db: DatabaseSync) {
    this.#find = db.prepare('SELECT * FROM stream WHERE name = ?');
    this.#get = db.prepare('SELECT * FROM stream WHERE id = ?');
    this.#create = db.prepare('INSERT INTO stream (name) VALUES (?) RETURNING *');
    this.#advance = db.prepare('UPDATE stream SET last_revision = ? WHERE id = ?');
    this.#retain = db.prepare(
      'UPDATE stream SET soft_deleted = ?, truncate_before = ?, max_count = ?, max_age_s = ? WHERE id = ?',
    );
    this.#tombstone = db.prepare('UPDATE stream SET tombstoned = 1 WHERE id = ?');
  }

  find(name: string): StreamRecord | undefined {
    const row = this.#find.get(name);
    return row && toRecord(row);
  }

  /** @param id of a stream that exists */
  get(id: number): StreamRecord {
    return toRecord(this.#get.get(id)!);
  }

  findOrCreate(name: string): StreamRecord {
    return this.find(name) ?? toRecord(this.#create.get(name)!);
  }

  advance(stream: StreamRecord, lastRevision: number): void {
    this.#advance.run(lastRevision, stream.id);
  }

  retain(stream: StreamRecord, retention: Retention): void {
    const { softDeleted, truncateBefore, maxCount, maxAgeSeconds } = retention;
    this.#retain.run(Number(softDeleted), truncateBefore, maxCount ?? null, maxAgeSeconds ?? null, stream.id);
  }

  tombstone(stream: StreamRecord): void {
    this.#tombstone.run(stream.id);
  }
}

function toRecord(row: Record<string, unknown>): StreamRecord {
  return {
    id: row['id'] as number,
    name: row['name'] as string,
    lastRevision: row['last_revision'] as number,
    tombstoned: row['tombstoned'] === 1,
    softDeleted: row['soft_deleted'] === 1,
    truncateBefore: row['truncate_before'] as number,
    maxCount: (row['max_count'] as number | null) ?? undefined,
    maxAgeSeconds: (row['max_age_s'] as number | null) ?? undefined,
  };
}

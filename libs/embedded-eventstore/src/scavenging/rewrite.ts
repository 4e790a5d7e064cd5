import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { FORMAT, schemaOf } from '../storage/schema.js';
import { isMetastream, originalOf } from '../storage/stream-record.js';
import { StreamTable } from '../storage/stream-table.js';
import { isRemovable, type Owner, type ScavengePoint } from './removable.js';

/** Of one step: so many events, or about so many bytes of them. */
const STEP_EVENTS = 256;
const STEP_BYTES = 1024 * 1024;
const STEP_STREAMS = 5_000;

interface Row {
  position: number;
  stream_id: number;
  revision: number;
  created_ms: number;
  bytes: number;
}

/** Where the copy grows; it is worthless until it has taken the place of the database. */
export const freshFile = (file: string): string => `${file}.scavenge`;

export const removeFresh = (file: string): void => rmSync(freshFile(file), { force: true });

/**
 * Copies what a scavenge leaves of the log into a new file beside the database, in steps of a few milliseconds, each in
 * one turn of the event loop. A copy and not a removal in place, because SQLite's `secure_delete` leaves copies of
 * rows behind in pages that it once rebalanced.
 */
export class Rewrite {
  readonly #db: DatabaseSync;
  readonly #file: string;
  readonly #point: ScavengePoint;
  readonly #streams: StreamTable;
  readonly #owners = new Map<number, Owner>();
  #copied = 0;

  /** @param db of `file`; it MUST stay the same until `finish` or `abandon` */
  constructor(db: DatabaseSync, file: string, point: ScavengePoint) {
    this.#db = db;
    this.#file = file;
    this.#point = point;
    this.#streams = new StreamTable(db);
    removeFresh(file);
    closeSync(openSync(freshFile(file), 'a', 0o600));
    db.prepare('ATTACH ? AS fresh').run(freshFile(file));
    // It is thrown away after a crash, so nothing has to be durable before the end.
    db.exec('PRAGMA fresh.journal_mode = OFF; PRAGMA fresh.synchronous = OFF');
    // Ids come in no order; with a small cache their index would be read again and again.
    db.exec('PRAGMA fresh.cache_size = -65536');
    db.exec(schemaOf('fresh'));
    db.exec(`PRAGMA fresh.user_version = ${FORMAT}`);
  }

  /**
   * Copies a step's worth of what is there.
   *
   * @returns false when there was less than that. Not only when there was nothing: while somebody appends, that never is.
   */
  step(): boolean {
    return this.#atOnce(() => this.#copyStreams() || this.#copyEvents());
  }

  /** So that little is left to be made durable while everybody waits. */
  async sync(): Promise<void> {
    const handle = await open(freshFile(this.#file));
    await handle.sync();
    await handle.close();
  }

  /** Copies the rest and makes the copy durable, in this turn. The database has to be replaced in the same one. */
  finish(): void {
    while (this.step());
    this.#atOnce(() => {
      this.#db
        .exec(`INSERT INTO fresh.stream SELECT * FROM main.stream WHERE true ON CONFLICT (id) DO UPDATE SET
        last_revision = excluded.last_revision, tombstoned = excluded.tombstoned,
        soft_deleted = excluded.soft_deleted, truncate_before = excluded.truncate_before,
        max_count = excluded.max_count, max_age_s = excluded.max_age_s`);
      this.#db.exec('INSERT INTO fresh.scavenge SELECT * FROM main.scavenge');
    });
    this.#db.exec('DETACH fresh');
    syncPath(freshFile(this.#file));
  }

  abandon(): void {
    const attached = this.#db.prepare("SELECT 1 FROM pragma_database_list WHERE name = 'fresh'").get();
    if (attached) this.#db.exec('DETACH fresh');
    removeFresh(this.#file);
  }

  /** Streams before their events, which refer to them. Those that change later are brought up to date at the end. */
  #copyStreams(): boolean {
    const { changes } = this.#db
      .prepare(
        `INSERT INTO fresh.stream SELECT * FROM main.stream
         WHERE id > (SELECT coalesce(max(id), 0) FROM fresh.stream) ORDER BY id LIMIT ?`,
      )
      .run(STEP_STREAMS);
    return Number(changes) === STEP_STREAMS;
  }

  #copyEvents(): boolean {
    const { rows, isFull } = this.#nextRows();
    const copy = this.#db.prepare(
      'INSERT INTO fresh.event SELECT * FROM main.event WHERE position BETWEEN ? AND ?',
    );
    this.#owners.clear();
    for (const [first, last] of this.#runsToKeep(rows)) copy.run(first, last);
    this.#copied = rows.at(-1)?.position ?? this.#copied;
    return isFull;
  }

  #nextRows(): { rows: Row[]; isFull: boolean } {
    const page = this.#db
      .prepare(
        `SELECT position, stream_id, revision, created_ms, length(data) + length(metadata) AS bytes
         FROM main.event WHERE position > ? ORDER BY position LIMIT ?`,
      )
      .all(this.#copied, STEP_EVENTS) as unknown as Row[];
    let bytes = 0;
    const end = page.findIndex((row) => (bytes += row.bytes) > STEP_BYTES);
    const rows = end < 0 ? page : page.slice(0, end + 1);
    return { rows, isFull: rows.length === STEP_EVENTS || end >= 0 };
  }

  /** First and last position of each unbroken run of events that stay. */
  *#runsToKeep(rows: readonly Row[]): Generator<[number, number]> {
    let run: [number, number] | undefined;
    for (const row of rows) {
      const event = { position: row.position, revision: row.revision, createdMs: row.created_ms };
      if (!isRemovable(this.#ownerOf(row.stream_id), event, this.#point)) {
        run = [run?.[0] ?? row.position, row.position];
      } else if (run) {
        yield run;
        run = undefined;
      }
    }
    if (run) yield run;
  }

  #ownerOf(streamId: number): Owner {
    const known = this.#owners.get(streamId);
    if (known) return known;
    const stream = this.#streams.get(streamId);
    const original = isMetastream(stream.name) ? this.#streams.find(originalOf(stream.name)) : undefined;
    const owner = { stream, ofTombstoned: original?.tombstoned === true };
    this.#owners.set(streamId, owner);
    return owner;
  }

  #atOnce<T>(work: () => T): T {
    this.#db.exec('BEGIN');
    try {
      const result = work();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }
}

/**
 * Puts the finished copy in the place of the closed database. Before the rename a crash leaves the old one, after it the
 * new one.
 */
export function exchangeFiles(file: string): void {
  // A log of the old file would be applied to the new one.
  if (existsSync(`${file}-wal`)) throw new Error('the write-ahead log of the closed database is still there');
  renameSync(freshFile(file), file);
  syncPath(dirname(file));
}

function syncPath(path: string): void {
  const descriptor = openSync(path, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}

import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { FORMAT, schemaOf } from './schema.js';

/**
 * Opens or creates the file (0600) for this process alone.
 *
 * - WAL and synchronous=FULL: a commit that returned is on disk.
 * - locking_mode=EXCLUSIVE: the lock is taken here and kept until close, so a second node on the same file fails to
 *   start instead of writing next to the first. SQLite's lock dies with the process.
 * - secure_delete: what is removed is overwritten.
 *
 * @throws Error naming the file when it is locked, unreadable or of another format
 */
export function openDatabase(file: string): DatabaseSync {
  // SQLite gives its side files the mode of the main file.
  if (file !== ':memory:') closeSync(openSync(file, 'a', 0o600));
  const db = new DatabaseSync(file);
  try {
    db.exec('PRAGMA locking_mode = EXCLUSIVE');
    db.exec('PRAGMA journal_mode = WAL');
    db.exec('PRAGMA synchronous = FULL');
    db.exec('PRAGMA secure_delete = ON');
    db.exec('PRAGMA cache_size = -65536');
    db.exec('BEGIN EXCLUSIVE');
    prepareFormat(db);
    db.exec('COMMIT');
    return db;
  } catch (error) {
    db.close();
    const reason = error instanceof Error ? error.message : String(error);
    const hint = /locked|busy/i.test(reason) ? 'another node has it open' : reason;
    throw new Error(`The event store can not open ${file}: ${hint}`, { cause: error });
  }
}

function prepareFormat(db: DatabaseSync): void {
  const format = Number(db.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
  if (format !== 0 && format !== FORMAT)
    throw new Error(`its format is ${format}, this version knows ${FORMAT}`);
  db.exec(schemaOf('main'));
  db.exec(`PRAGMA user_version = ${FORMAT}`);
}

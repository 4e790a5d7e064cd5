/**
 * Preloaded (`node --import`) into the event store's node: on SIGUSR2 its database may not grow by another page, and SQLite
 * says what it says on a full disk (SQLITE_FULL); on SIGHUP it may again. For machines where no disk can be mounted.
 */
import { DatabaseSync } from 'node:sqlite';

const NO_LIMIT = 4_294_967_294;
const databases = new Set<DatabaseSync>();
const { exec } = DatabaseSync.prototype;

DatabaseSync.prototype.exec = function (this: DatabaseSync, sql: string): void {
  databases.add(this);
  exec.call(this, sql);
};

/** SQLite raises a limit that is below what the database has already to just that. */
function limit(pages: number): void {
  for (const database of databases) exec.call(database, `PRAGMA max_page_count = ${pages}`);
}

process.on('SIGUSR2', () => limit(1));
process.on('SIGHUP', () => limit(NO_LIMIT));

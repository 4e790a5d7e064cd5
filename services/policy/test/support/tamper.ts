import { cpSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { TestNode } from '@portcullis/embedded-eventstore/testing';

/** What somebody does who owns the event store's machine: its files are changed while it is down. */
export async function whileDown(node: TestNode, work: (directory: string) => void): Promise<void> {
  await node.terminate();
  work(node.directory);
  await node.restart();
}

const FILES = ['events.db', 'events.db-wal', 'events.db-shm'];

/** The whole store as it is, or back to what it was. */
export function copyStore(from: string, to: string): void {
  for (const file of FILES) {
    rmSync(join(to, file), { force: true });
    if (existsSync(join(from, file))) cpSync(join(from, file), join(to, file));
  }
}

export class StoredFacts {
  readonly #database: DatabaseSync;

  constructor(directory: string) {
    this.#database = new DatabaseSync(join(directory, 'events.db'));
  }

  /** Facts of a stream from this revision on are gone, and the store does not know that they ever were. */
  truncate(stream: string, revision: number): void {
    this.#run('DELETE FROM event WHERE stream_id = $stream AND revision >= $revision', stream, revision);
    this.#run('UPDATE stream SET last_revision = $revision - 1 WHERE id = $stream', stream, revision);
  }

  /** One fact is gone, and those after it have moved up. */
  remove(stream: string, revision: number): void {
    this.#run('DELETE FROM event WHERE stream_id = $stream AND revision = $revision', stream, revision);
    this.#run(
      'UPDATE event SET revision = revision - 1 WHERE stream_id = $stream AND revision > $revision',
      stream,
      revision,
    );
    this.#run(
      'UPDATE stream SET last_revision = last_revision - 1 WHERE id = $stream AND last_revision > $revision',
      stream,
      revision,
    );
  }

  /** One fact says something else. */
  replace(stream: string, revision: number, { from, to }: { from: string; to: string }): void {
    const changed = this.#run(
      `UPDATE event SET data = CAST(replace(CAST(data AS TEXT), '${from}', '${to}') AS BLOB)
       WHERE stream_id = $stream AND revision = $revision AND instr(CAST(data AS TEXT), '${from}') > 0`,
      stream,
      revision,
    );
    if (changed !== 1) throw new Error(`${stream} has no such fact ${revision}`);
  }

  close(): void {
    this.#database.close();
  }

  #run(sql: string, stream: string, revision: number): number {
    const row = this.#database.prepare('SELECT id FROM stream WHERE name = ?').get(stream);
    if (row === undefined) throw new Error(`There is no stream ${stream}`);
    const parameters = { stream: row['id'] as number, revision };
    return Number(this.#database.prepare(sql).run(parameters).changes);
  }
}

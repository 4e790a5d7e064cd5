import type { DatabaseSync } from 'node:sqlite';

interface Waiting {
  work(): unknown;
  resolve(value: never): void;
  reject(error: unknown): void;
}

/** So many writes share one fsync at most: it bounds how long the first of them waits. */
const MAX_GROUP = 512;
const MAX_PATIENCE_MS = 2;

/**
 * Everything that arrived since the last commit is written in one transaction, so it costs one fsync. Where several
 * write at the same time, their appends come in one by one over some turns of the event loop; so after a group of
 * several the next one is given as long to gather as that commit took. Who writes alone never waits.
 * A promise resolves only after the commit is durable. When a group fails, nothing of it is kept, and its members are
 * tried again one by one: one bad write does not take the others with it.
 */
export class GroupCommit {
  readonly #db: () => DatabaseSync;
  readonly #committed: () => void;
  #queue: Waiting[] = [];
  #scheduled = false;
  #patienceMs = 0;

  constructor(db: () => DatabaseSync, committed: () => void) {
    this.#db = db;
    this.#committed = committed;
  }

  /** Runs `work` inside a transaction. It MUST be synchronous and touch nothing but the database. */
  run<T>(work: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ work, resolve: resolve as (value: never) => void, reject });
      this.#schedule();
    });
  }

  /** Writes what is waiting, now. */
  flush(): void {
    while (this.#queue.length > 0) this.#commitGroup();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    const until = performance.now() + this.#patienceMs;
    const commitOrWait = (): void => {
      if (this.#queue.length < MAX_GROUP && performance.now() < until) return void setImmediate(commitOrWait);
      this.#scheduled = false;
      this.#commitGroup();
      if (this.#queue.length > 0) this.#schedule();
    };
    setImmediate(commitOrWait);
  }

  #commitGroup(): void {
    const group = this.#queue.splice(0, MAX_GROUP);
    if (group.length === 0) return;
    const began = performance.now();
    if (!this.#commit(group)) for (const member of group) this.#commit([member]);
    this.#patienceMs = group.length > 1 ? Math.min(performance.now() - began, MAX_PATIENCE_MS) : 0;
  }

  /** False when a group of several failed and has to be split. */
  #commit(group: readonly Waiting[]): boolean {
    const results: unknown[] = [];
    const db = this.#db();
    try {
      db.exec('BEGIN IMMEDIATE');
      for (const { work } of group) results.push(work());
      db.exec('COMMIT');
    } catch (error) {
      rollBack(db);
      if (group.length > 1) return false;
      group[0]!.reject(error);
      return true;
    }
    group.forEach(({ resolve }, index) => resolve(results[index] as never));
    this.#committed();
    return true;
  }
}

function rollBack(db: DatabaseSync): void {
  try {
    db.exec('ROLLBACK');
  } catch {
    // SQLite has already rolled back by itself, as it does when the disk is full.
  }
}

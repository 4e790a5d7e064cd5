import type { DatabaseSync } from 'node:sqlite';
import { CommitSignal } from './commit-signal.js';
import { EventLog } from './event-log.js';
import type { ProposedEvent } from './event-table.js';
import { checkExpectedVersion, type ExpectedVersion, type Verdict } from './expected-version.js';
import { GroupCommit } from './group-commit.js';
import { openDatabase } from './open-database.js';
import { isMetastream, originalOf } from './stream-record.js';

export interface AppendRequest {
  stream: string;
  expected: ExpectedVersion;
  events: readonly ProposedEvent[];
  /** Not written any more once this has passed, ms since the epoch. */
  deadlineMs?: number | undefined;
}

export type WriteOutcome =
  | { kind: 'written'; revision: number; position: number }
  /** An append without events: the check passed. */
  | { kind: 'nothing'; current: number }
  | { kind: 'late' }
  | Exclude<Verdict, { kind: 'ok' } | { kind: 'repeated' }>;

export interface StorageOptions {
  /** Milliseconds since the epoch. */
  now?: (() => number) | undefined;
  /** Recognise no repeated append at `any` and `stream_exists`: the least that a server promises. */
  anyForgets?: boolean | undefined;
}

/** The database of one node: writes go through here, each durable before its promise resolves. */
export class EventStorage {
  readonly commits = new CommitSignal();
  readonly #group: GroupCommit;
  readonly #options: StorageOptions;
  #db: DatabaseSync;
  #log: EventLog;

  constructor(db: DatabaseSync, options: StorageOptions = {}) {
    this.#options = options;
    this.#db = db;
    this.#log = new EventLog(db, options.now);
    this.#group = new GroupCommit(
      () => this.#db,
      () => this.commits.fire(),
    );
  }

  /** MUST NOT be kept over turns of the event loop: a scavenge replaces it. */
  get log(): EventLog {
    return this.#log;
  }

  get db(): DatabaseSync {
    return this.#db;
  }

  static open(file: string, options: StorageOptions = {}): EventStorage {
    return new EventStorage(openDatabase(file), options);
  }

  append(request: AppendRequest): Promise<WriteOutcome> {
    return this.#group.run((): WriteOutcome => {
      if (request.deadlineMs !== undefined && Date.now() > request.deadlineMs) return { kind: 'late' };
      const verdict = this.#check(request.stream, request.expected, request.events);
      if (verdict.kind === 'repeated') return { ...verdict, kind: 'written' };
      if (verdict.kind !== 'ok') return verdict;
      if (request.events.length > 0)
        return { kind: 'written', ...this.log.append(request.stream, request.events) };
      return { kind: 'nothing', current: this.log.streams.find(request.stream)?.lastRevision ?? -1 };
    });
  }

  delete(stream: string, expected: ExpectedVersion): Promise<WriteOutcome> {
    return this.#remove(stream, expected, () => this.log.softDelete(stream));
  }

  tombstone(stream: string, expected: ExpectedVersion): Promise<WriteOutcome> {
    return this.#remove(stream, expected, () => this.log.tombstone(stream));
  }

  /** Runs `work` in one transaction with the appends of this turn; resolves when it is durable. */
  transact<T>(work: (db: DatabaseSync, log: EventLog) => T): Promise<T> {
    return this.#group.run(() => work(this.#db, this.#log));
  }

  /**
   * Closes the database, lets `exchange` put another file in its place, and goes on with what is there then, in one
   * turn of the event loop: nobody sees a store without a database.
   */
  replaceFile(file: string, exchange: () => void): void {
    this.#db.close();
    try {
      exchange();
    } finally {
      this.#db = openDatabase(file);
      this.#log = new EventLog(this.#db, this.#options.now);
    }
  }

  /** Position of the last event; 0 in an empty store. */
  end(): number {
    return this.log.events.last().position;
  }

  close(): void {
    this.#group.flush();
    this.#db.close();
  }

  #remove(
    stream: string,
    expected: ExpectedVersion,
    remove: () => { revision: number; position: number },
  ): Promise<WriteOutcome> {
    return this.#group.run((): WriteOutcome => {
      const verdict = this.#check(stream, expected, []);
      if (verdict.kind === 'deleted' || verdict.kind === 'wrong_version') return verdict;
      return { kind: 'written', ...remove() };
    });
  }

  #check(stream: string, expected: ExpectedVersion, events: readonly ProposedEvent[]): Verdict {
    const { streams } = this.log;
    if (isMetastream(stream) && streams.find(originalOf(stream))?.tombstoned) return { kind: 'deleted' };
    const known = { table: this.log.events, byId: this.#options.anyForgets !== true };
    return checkExpectedVersion(known, streams.find(stream), expected, events);
  }
}

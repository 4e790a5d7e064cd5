/** What an event or its metadata may hold: JSON, nothing else. */
export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };

/** An event that has not been stored yet. */
export interface NewEvent {
  /** UUID. The store recognises a repeated append by it. */
  id: string;
  /** Stored type with its version, `policy.RoleGranted.v1`. */
  type: string;
  data: JsonValue;
  metadata?: JsonValue;
}

export interface StoredEvent {
  id: string;
  stream: string;
  type: string;
  /** Place in its stream, from 0. */
  revision: bigint;
  /** Place in the whole store (commit position): grows strictly, gaps are normal. */
  position: bigint;
  data: JsonValue;
  /** Absent when the event was stored without metadata. Unproven: anybody with write access to the store sets it. */
  metadata: JsonValue | undefined;
  /** The store's clock. */
  created: Date;
}

/** What must be true of the stream for an append to happen. A bigint is the revision of its last event. */
export type ExpectedRevision = 'any' | 'no_stream' | 'stream_exists' | bigint;

export interface AppendOptions {
  expected: ExpectedRevision;
}

export interface AppendResult {
  /** Revision of the last event of this append. */
  revision: bigint;
  /** Commit position of the last event of this append. */
  position: bigint;
}

export interface ReadOptions {
  /** Inclusive. Default: `start` forwards, `end` backwards. */
  from?: bigint | 'start' | 'end';
  direction?: 'forwards' | 'backwards';
  /** At most so many events. Default: all. */
  limit?: number;
  /**
   * Only the leader of a cluster answers, so that whatever has been acknowledged to anybody before is read. Default:
   * whoever this client is connected to, who may be behind. For streams only.
   */
  fromLeader?: boolean;
}

/** One stream, or every stream whose name begins with one of the prefixes. */
export type SubscriptionSource = { stream: string } | { prefixes: readonly string[] };

export interface SubscribeOptions {
  /** Exclusive. A revision for one stream, a commit position for prefixes. */
  from: bigint | 'start' | 'end';
  /** For prefixes: a checkpoint after about so many scanned events, rounded up to the server's window of 32. */
  checkpointInterval?: number;
}

export interface SubscriptionHandlers {
  /**
   * Called in the order of the store, one at a time: the next call waits for the promise of this one.
   * A rejection ends the subscription with `failed`.
   */
  event(event: StoredEvent): Promise<void> | void;
  /**
   * For prefixes: everything up to and including this position has been scanned, and every matching event of it has
   * been handled (its `event` call is settled).
   */
  checkpoint?(position: bigint): Promise<void> | void;
  /** Everything that was in the store when the subscription started has been handled. May be called again. */
  caughtUp?(): void;
  /** The subscription has ended by itself. Called at most once, never after `stop`. */
  failed(error: Error): void;
}

export interface Subscription {
  /** Resolves when no handler runs any more and none will. MUST NOT be awaited inside a handler. */
  stop(): Promise<void>;
}

/**
 * Access to EventStoreDB, KurrentDB or the embedded node. Errors are `AppError`s:
 *
 * - `CONFLICT`: the stream is not where `expected` says. `details.actual` is its last revision as a decimal string, or
 *   `no_stream`. Nothing was appended.
 * - `UNAVAILABLE`, `details.outcome: 'unknown'` on an append: no answer arrived in time or the connection broke. The
 *   append MAY have happened. Repeat it with the same event ids at the same expected revision: it is not stored twice
 *   (with `any` the store only promises its best effort).
 * - `UNAVAILABLE`, `DEADLINE_EXCEEDED` on anything else: the store can't be reached, or is silent.
 * - `FAILED_PRECONDITION`: the stream was tombstoned; its name can't be used again.
 * - `INVALID_ARGUMENT`, `PAYLOAD_TOO_LARGE`: the request can't be stored. Nothing was appended.
 *
 * One client per process: see `connectEventStore`.
 */
export interface EventStore {
  /** All events or none, in this order, without other events of the stream between them. At least one event. */
  append(stream: string, events: readonly NewEvent[], options: AppendOptions): Promise<AppendResult>;

  /** A missing or deleted stream is empty. Leaving the loop early frees the connection's stream. */
  read(stream: string, options?: ReadOptions): AsyncIterable<StoredEvent>;

  /** Every event of the store, those of deleted streams too until they are scavenged, and the store's own `$…`. */
  readAll(options?: ReadOptions): AsyncIterable<StoredEvent>;

  subscribe(
    source: SubscriptionSource,
    options: SubscribeOptions,
    handlers: SubscriptionHandlers,
  ): Subscription;

  /** Soft delete: reads find nothing; a later append continues at the next revision. */
  delete(stream: string, options?: { expected?: 'any' | 'no_stream' | bigint }): Promise<void>;

  /** For ever: the name can never be used again. */
  tombstone(stream: string, options?: { expected?: 'any' | 'no_stream' | bigint }): Promise<void>;

  /** From now on reads find only the last `count` events of the stream; the store may remove those before them. */
  keepLast(stream: string, count: number): Promise<void>;

  /** Commit position of the last event in the store; 0 if there is none. */
  end(): Promise<bigint>;

  /** Resolves when the store answers; rejects with `UNAVAILABLE` or `DEADLINE_EXCEEDED`. */
  ping(): Promise<void>;

  /** Ends every read and subscription of this client and its connection. */
  close(): Promise<void>;
}

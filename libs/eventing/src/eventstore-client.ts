import {
  EventStoreDBClient,
  jsonEvent,
  streamNameFilter,
  type AllStreamSubscription,
  type JSONType,
  type ReadPosition,
  type ResolvedEvent,
  type StreamSubscription,
} from '@eventstore/db-client';
import { setTimeout as pause } from 'node:timers/promises';
import { AppError, Secret } from '@portcullis/contracts';
import { checkAppend } from './store/check-append.js';
import { withDeadline } from './store/deadline.js';
import type {
  AppendOptions,
  AppendResult,
  EventStore,
  JsonValue,
  NewEvent,
  ReadOptions,
  StoredEvent,
  SubscribeOptions,
  Subscription,
  SubscriptionHandlers,
  SubscriptionSource,
} from './store/event-store.js';
import { readEvents, type EventSource } from './store/read-events.js';
import { SubscriptionPump, type SubscriptionStream } from './store/subscription-pump.js';
import { translateAppendError, translateError, unknownOutcome } from './store/translate-error.js';

export interface EventStoreConnection {
  /** Connection string, `esdb://user:password@host:port?…`. The client sends credentials over TLS only. */
  url: Secret | string;
  /** How long an append may stay unanswered before its outcome counts as unknown. Default 5 s. */
  appendTimeoutMs?: number;
  /** How long anything else may stay unanswered. Default 10 s. */
  requestTimeoutMs?: number;
  /** Runs around each append, and MUST give back what it gives: for measuring. */
  aroundAppend?: AroundAppend;
}

export type AroundAppend = <T>(append: () => Promise<T>) => Promise<T>;

/** How long closing waits for the client's own streams to end. */
const DISPOSE_MS = 1_000;

/**
 * Opens the connection lazily: the first request dials. Keep ONE per process: the client keeps pending appends in a
 * module-global map, so a broken append stream of one client rejects the pending appends of all of them.
 *
 * @throws AppError INVALID_ARGUMENT when the connection string can't be parsed (it is not repeated in the error).
 */
export function connectEventStore(connection: EventStoreConnection): EventStore {
  const url = connection.url instanceof Secret ? connection.url.revealText() : connection.url;
  return new ClientEventStore(
    openClient(url),
    connection.appendTimeoutMs ?? 5_000,
    connection.requestTimeoutMs ?? 10_000,
    connection.aroundAppend ?? ((append) => append()),
  );
}

function openClient(url: string): EventStoreDBClient {
  try {
    return EventStoreDBClient.connectionString(url);
  } catch {
    // No cause: the client's parse error carries the connection string, password included.
    throw new AppError('INVALID_ARGUMENT', 'The connection string of the event store can not be parsed');
  }
}

class ClientEventStore implements EventStore {
  readonly #client: EventStoreDBClient;
  readonly #appendTimeoutMs: number;
  readonly #requestTimeoutMs: number;
  readonly #aroundAppend: AroundAppend;
  readonly #open = new Set<Subscription>();

  constructor(
    client: EventStoreDBClient,
    appendTimeoutMs: number,
    requestTimeoutMs: number,
    aroundAppend: AroundAppend,
  ) {
    this.#client = client;
    this.#appendTimeoutMs = appendTimeoutMs;
    this.#requestTimeoutMs = requestTimeoutMs;
    this.#aroundAppend = aroundAppend;
  }

  async append(stream: string, events: readonly NewEvent[], options: AppendOptions): Promise<AppendResult> {
    checkAppend(stream, events);
    return this.#aroundAppend(() => this.#append(stream, events, options));
  }

  async #append(stream: string, events: readonly NewEvent[], options: AppendOptions): Promise<AppendResult> {
    // The client's own deadline does not fire on a server that has stopped answering.
    const sent = this.#client.appendToStream(stream, events.map(toClientEvent), {
      expectedRevision: options.expected,
    });
    try {
      const result = await withDeadline(sent, this.#appendTimeoutMs, () => unknownOutcome());
      return { revision: result.nextExpectedRevision, position: result.position?.commit ?? 0n };
    } catch (error) {
      throw translateAppendError(error);
    }
  }

  read(stream: string, options: ReadOptions = {}): AsyncIterable<StoredEvent> {
    const direction = options.direction ?? 'forwards';
    const source = this.#client.readStream(stream, {
      direction,
      fromRevision: options.from ?? (direction === 'forwards' ? 'start' : 'end'),
      requiresLeader: options.fromLeader ?? false,
      ...(options.limit === undefined ? {} : { maxCount: options.limit }),
    });
    return readEvents(source as unknown as EventSource, toStored, {
      silenceMs: this.#requestTimeoutMs,
      limit: options.limit,
    });
  }

  readAll(options: ReadOptions = {}): AsyncIterable<StoredEvent> {
    const direction = options.direction ?? 'forwards';
    const source = this.#client.readAll({
      direction,
      fromPosition: toPosition(options.from ?? (direction === 'forwards' ? 'start' : 'end')),
      ...(options.limit === undefined ? {} : { maxCount: options.limit }),
    });
    return readEvents(source as unknown as EventSource, toStored, {
      silenceMs: this.#requestTimeoutMs,
      limit: options.limit,
    });
  }

  subscribe(
    source: SubscriptionSource,
    options: SubscribeOptions,
    handlers: SubscriptionHandlers,
  ): Subscription {
    const pump: SubscriptionPump<ResolvedEvent> = new SubscriptionPump(
      this.#dial(source, options, (position) => pump.checkpoint(position)) as unknown as SubscriptionStream,
      toStored,
      handlers,
      () => this.#open.delete(pump),
    );
    this.#open.add(pump);
    return pump;
  }

  async delete(
    stream: string,
    { expected = 'any' }: { expected?: 'any' | 'no_stream' | bigint } = {},
  ): Promise<void> {
    await this.#request(this.#client.deleteStream(stream, { expectedRevision: expected }));
  }

  async tombstone(
    stream: string,
    { expected = 'any' }: { expected?: 'any' | 'no_stream' | bigint } = {},
  ): Promise<void> {
    await this.#request(this.#client.tombstoneStream(stream, { expectedRevision: expected }));
  }

  async keepLast(stream: string, count: number): Promise<void> {
    await this.#request(this.#client.setStreamMetadata(stream, { maxCount: count }));
  }

  async end(): Promise<bigint> {
    for await (const event of this.readAll({ direction: 'backwards', limit: 1 })) return event.position;
    return 0n;
  }

  async ping(): Promise<void> {
    await this.end();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open].map((subscription) => subscription.stop()));
    this.#open.clear();
    // It waits for streams that may never end, and leaves the connection open.
    await Promise.race([this.#client.dispose(), pause(DISPOSE_MS, undefined, { ref: false })]);
    const channel = await this.#client['getChannel']();
    channel.close();
  }

  async #request<T>(work: Promise<T>): Promise<T> {
    try {
      return await withDeadline(
        work,
        this.#requestTimeoutMs,
        () => new AppError('DEADLINE_EXCEEDED', 'The event store did not answer in time'),
      );
    } catch (error) {
      throw translateError(error);
    }
  }

  #dial(
    source: SubscriptionSource,
    options: SubscribeOptions,
    checkpointReached: (position: bigint) => void,
  ): StreamSubscription | AllStreamSubscription {
    if ('stream' in source)
      return this.#client.subscribeToStream(source.stream, { fromRevision: options.from });
    if (source.prefixes.length === 0)
      throw new AppError('INVALID_ARGUMENT', 'A subscription has at least one prefix');
    const filter = streamNameFilter({
      prefixes: [...source.prefixes],
      // The server multiplies this with its search window of 32 events.
      checkpointInterval: Math.max(1, Math.ceil((options.checkpointInterval ?? 32) / 32)),
      checkpointReached: async (_, position) => checkpointReached(position.commit),
    });
    return this.#client.subscribeToAll({ fromPosition: toPosition(options.from), filter });
  }
}

const toPosition = (from: bigint | 'start' | 'end'): ReadPosition =>
  typeof from === 'bigint' ? { commit: from, prepare: from } : from;

const toClientEvent = (event: NewEvent) =>
  jsonEvent({
    id: event.id,
    type: event.type,
    // Its JSON type leaves out null, its code does not.
    data: event.data as JSONType,
    ...(event.metadata === undefined ? {} : { metadata: event.metadata as JSONType }),
  });

function toStored({ event, commitPosition }: ResolvedEvent): StoredEvent | undefined {
  if (!event) return undefined;
  return {
    id: event.id,
    stream: event.streamId,
    type: event.type,
    revision: event.revision,
    position: commitPosition ?? event.position?.commit ?? 0n,
    data: event.data as JsonValue,
    metadata: event.metadata as JsonValue | undefined,
    created: event.created,
  };
}

import { randomUUID } from 'node:crypto';
import { AppError } from '@portcullis/contracts';
import type {
  AppendOptions,
  AppendResult,
  EventStore,
  NewEvent,
  ReadOptions,
  StoredEvent,
  SubscriptionHandlers,
} from '@portcullis/eventing';

type Methods = 'append' | 'read' | 'subscribe' | 'end' | 'ping' | 'keepLast';

/** Streams in memory. Its subscription is as late as can be: it has caught up once, and delivers nothing. */
export class MemoryStore implements Pick<EventStore, Methods> {
  readonly streams = new Map<string, StoredEvent[]>();
  readonly reads: { stream: string; options: ReadOptions | undefined }[] = [];
  readonly kept = new Map<string, number>();
  away = false;

  /** Events as they were encoded, without anything around them. */
  put(stream: string, events: { type: string; data: unknown }[]): void {
    this.#store(
      stream,
      events.map(({ type, data }) => ({ id: randomUUID(), type, data: data as NewEvent['data'] })),
    );
  }

  append(stream: string, events: readonly NewEvent[], { expected }: AppendOptions): Promise<AppendResult> {
    const actual = BigInt(this.#of(stream).length) - 1n;
    const wanted = expected === 'no_stream' ? -1n : expected;
    if (this.away) return Promise.reject(away());
    if (typeof wanted === 'bigint' && wanted !== actual)
      return Promise.reject(
        new AppError('CONFLICT', 'elsewhere', {
          details: { outcome: 'not_appended', actual: String(actual) },
        }),
      );
    this.#store(stream, events);
    return Promise.resolve({ revision: actual + BigInt(events.length), position: 0n });
  }

  async *read(stream: string, options: ReadOptions = {}): AsyncGenerator<StoredEvent> {
    this.reads.push({ stream, options });
    if (this.away) throw away();
    const { from, direction, limit = Infinity } = options;
    const all = this.#of(stream);
    const ordered = direction === 'backwards' ? [...all].reverse() : all;
    const found = ordered.filter(({ revision }) => typeof from !== 'bigint' || revision >= from);
    yield* found.slice(0, limit);
  }

  subscribe(_source: unknown, _options: unknown, handlers: SubscriptionHandlers) {
    setImmediate(() => handlers.caughtUp?.());
    return { stop: () => Promise.resolve() };
  }

  keepLast(stream: string, count: number): Promise<void> {
    this.kept.set(stream, count);
    return Promise.resolve();
  }

  end = () => Promise.resolve(0n);
  ping = () => Promise.resolve();

  #of(stream: string): StoredEvent[] {
    return this.streams.get(stream) ?? [];
  }

  #store(stream: string, events: readonly NewEvent[]): void {
    const known = this.#of(stream);
    const stored = events.map((event, index) => ({
      ...event,
      stream,
      metadata: event.metadata,
      revision: BigInt(known.length + index),
      position: 0n,
      created: new Date(0),
    }));
    this.streams.set(stream, [...known, ...stored]);
  }
}

const away = (): AppError => new AppError('UNAVAILABLE', 'The event store can not be reached');

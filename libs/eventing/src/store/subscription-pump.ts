import type { Readable } from 'node:stream';
import { AppError } from '@portcullis/contracts';
import type { StoredEvent, Subscription, SubscriptionHandlers } from './event-store.js';
import { translateError } from './translate-error.js';

/** What this needs of the client's subscriptions. */
export interface SubscriptionStream extends Readable {
  unsubscribe(): Promise<void>;
}

interface Marker {
  /** Due once so many events have been handled. */
  after: number;
  run(): Promise<void> | void;
}

/**
 * Turns a client subscription into calls, one at a time. The client announces checkpoints and "caught up" while earlier
 * events still wait in its buffer; a checkpoint stored then would lose them in a crash. So both are held back
 * until the events before them have been handled.
 */
export class SubscriptionPump<Resolved> implements Subscription {
  readonly #stream: SubscriptionStream;
  readonly #convert: (resolved: Resolved) => StoredEvent | undefined;
  readonly #handlers: SubscriptionHandlers;
  readonly #closed: () => void;
  readonly #markers: Marker[] = [];
  #taken = 0;
  #handled = 0;
  #ended = false;
  #running: Promise<void> | undefined;

  constructor(
    stream: SubscriptionStream,
    convert: (resolved: Resolved) => StoredEvent | undefined,
    handlers: SubscriptionHandlers,
    closed: () => void,
  ) {
    this.#stream = stream;
    this.#convert = convert;
    this.#handlers = handlers;
    this.#closed = closed;
    stream.on('error', (error) => this.#fail(translateError(error)));
    stream.on('end', () => this.#fail(new AppError('UNAVAILABLE', 'The event store ended the subscription')));
    stream.on('caughtUp', () => this.#mark(() => this.#handlers.caughtUp?.()));
    stream.on('readable', () => this.#wake());
  }

  checkpoint(position: bigint): void {
    this.#mark(() => this.#handlers.checkpoint?.(position));
  }

  async stop(): Promise<void> {
    this.#close();
    await this.#running;
  }

  #mark(run: Marker['run']): void {
    this.#markers.push({ after: this.#taken + this.#stream.readableLength, run });
    this.#wake();
  }

  #wake(): void {
    if (this.#running || this.#ended) return;
    this.#running = this.#drain()
      .catch((error: unknown) => this.#fail(error instanceof Error ? error : new Error(String(error))))
      .finally(() => {
        this.#running = undefined;
        if (!this.#ended && (this.#stream.readableLength > 0 || this.#due())) this.#wake();
      });
  }

  async #drain(): Promise<void> {
    while (!this.#ended) {
      const marker = this.#due();
      if (marker) {
        this.#markers.shift();
        await marker.run();
        continue;
      }
      const resolved = this.#stream.read() as Resolved | null;
      if (resolved === null) return;
      this.#taken += 1;
      const event = this.#convert(resolved);
      if (event) await this.#handlers.event(event);
      this.#handled += 1;
    }
  }

  #due(): Marker | undefined {
    const next = this.#markers[0];
    return next && next.after <= this.#handled ? next : undefined;
  }

  #fail(error: Error): void {
    if (this.#ended) return;
    this.#close();
    this.#handlers.failed(error);
  }

  #close(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#closed();
    this.#stream.destroy();
    this.#stream.unsubscribe().catch(() => undefined);
  }
}

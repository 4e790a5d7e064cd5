import { AsyncLocalStorage } from 'node:async_hooks';
import { AppError } from '@portcullis/contracts';
import type { EventStore, NewEvent } from '@portcullis/eventing';
import { confirmAppend, recordIdOf, type Located } from './confirm-append.js';
import { nextBatch } from './next-batch.js';

export interface Submission {
  readonly event: NewEvent;
  /** Bytes that the event takes in an append. */
  readonly bytes: number;
  /** Milliseconds since the epoch: after it nobody waits for the answer any more. */
  readonly deadline: number;
  /** The same statement may have been submitted before: what the store really holds counts, not what was sent. */
  readonly repeated: boolean;
}

interface Waiting extends Submission {
  /** Runs on behalf of whoever submitted: what is traced of an append belongs to the first of its batch. */
  inContext: ReturnType<typeof AsyncLocalStorage.snapshot>;
  resolve(located: Located): void;
  reject(error: unknown): void;
}

export interface WriterOptions {
  store: Pick<EventStore, 'append' | 'read'>;
  stream: string;
  now(): number;
  /** After each write, with the number of events in it. */
  wrote?(events: number): void;
}

/**
 * Group commit of one stream: whatever was submitted in one tick, or while the last write was on its way, goes into one
 * append. `submit` resolves only after the event store's acknowledgement, and rejects with `UNAVAILABLE` when within
 * the deadline it could not be found out whether the event is stored.
 */
export class StreamWriter {
  #waiting: Waiting[] = [];
  #running = false;

  constructor(private readonly options: WriterOptions) {}

  submit(submission: Submission): Promise<Located> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ...submission, inContext: AsyncLocalStorage.snapshot(), resolve, reject });
      if (this.#running) return;
      this.#running = true;
      setImmediate(() => void this.#drain());
    });
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const { batch, rest } = nextBatch(this.#waiting);
      this.#waiting = rest;
      const wanted = batch.filter((waiting) => waiting.deadline > this.options.now());
      for (const late of batch.filter((waiting) => !wanted.includes(waiting))) late.reject(notSent());
      await wanted[0]?.inContext(() => this.#write(wanted));
    }
    this.#running = false;
  }

  async #write(batch: Waiting[]): Promise<void> {
    try {
      const located = await this.#append(batch);
      this.options.wrote?.(batch.length);
      for (const waiting of batch) {
        const found = located.get(recordIdOf(waiting.event.data));
        if (found) waiting.resolve(found);
        else waiting.reject(unconfirmed());
      }
    } catch (error) {
      // A store that knows some of these events refuses to take them together with new ones.
      if (batch.length > 1 && (error as AppError).code === 'CONFLICT') await this.#oneByOne(batch);
      else for (const waiting of batch) waiting.reject(error);
    }
  }

  async #oneByOne(batch: Waiting[]): Promise<void> {
    for (const waiting of batch) await this.#write([{ ...waiting, repeated: true }]);
  }

  #append(batch: Waiting[]): Promise<Map<string, Located>> {
    const { store, stream, now } = this.options;
    return confirmAppend({
      store,
      stream,
      events: batch.map(({ event }) => event),
      now,
      deadline: Math.max(...batch.map(({ deadline }) => deadline)),
      lookAfterwards: batch.some(({ repeated }) => repeated),
    });
  }
}

const notSent = (): AppError =>
  new AppError('UNAVAILABLE', 'The event store is too slow: the record was not made within the deadline.');

const unconfirmed = (): AppError =>
  new AppError(
    'UNAVAILABLE',
    'The event store did not confirm the record within the deadline; it may be recorded.',
  );

import { setTimeout as pause } from 'node:timers/promises';
import type { CheckpointStore } from '@portcullis/eventing';
import type { Checkpoint, Fault, Projected, Projection } from '../ports/projection.js';
import type { CollectingTime } from './collecting-time.js';

export interface BufferOptions {
  projection: Pick<Projection, 'apply' | 'checkpoint'>;
  collecting: CollectingTime;
  /** After each write: the faults that it has found. */
  wrote(faults: readonly Fault[]): void;
  /** A write failed; it is tried again. */
  failed(error: unknown): void;
}

/** As many events as one transaction takes; while twice as many wait, the subscription does. */
const BATCH = 256;
const RETRY_MS = 500;

/**
 * Collects what a subscription hands over one by one and writes it in batches, each in one transaction with the
 * checkpoint of its last event. `transact` resolves before that: after a crash the events come again, because their
 * checkpoint was not stored either. A batch that can't be written is tried again until it can.
 */
export class ProjectionBuffer implements CheckpointStore<Projected[]> {
  #events: Projected[] = [];
  #checkpoint: Checkpoint | null = null;
  #writing: Promise<void> | undefined;
  #closed = false;
  #failing = false;

  constructor(private readonly options: BufferOptions) {}

  /** Whether the last write failed. */
  get failing(): boolean {
    return this.#failing;
  }

  async load(name: string): Promise<bigint | undefined> {
    // What was handed over before the subscription broke is written first, so that it isn't read twice.
    this.options.collecting.end();
    await this.#writing;
    return this.options.projection.checkpoint(name);
  }

  async transact(name: string, position: bigint, work: (tx: Projected[]) => Promise<void>): Promise<void> {
    await work(this.#events);
    this.#checkpoint = { name, position };
    this.#writing ??= this.#write();
    if (this.#events.length >= BATCH) this.options.collecting.end();
    if (this.#events.length >= 2 * BATCH) await this.#writing;
  }

  /** Writes what is there, or gives up on it: it will come again. */
  async close(): Promise<void> {
    this.#closed = true;
    this.options.collecting.end();
    await this.#writing;
  }

  async #write(): Promise<void> {
    // Whatever arrives in this tick goes together, whoever waits for it.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#checkpoint !== null && !(this.#closed && this.#failing)) {
      if (this.#events.length < BATCH && !this.#closed) await this.options.collecting.pass();
      await this.#writeBatch();
    }
    this.#writing = undefined;
  }

  async #writeBatch(): Promise<void> {
    const events = this.#events.slice(0, BATCH);
    // The checkpoint is of the last event that was handed over: it belongs to the last batch.
    const isLast = events.length === this.#events.length;
    const checkpoint = isLast ? this.#checkpoint : null;
    try {
      const faults = await this.options.projection.apply(events, checkpoint);
      this.#failing = false;
      this.options.wrote(faults);
    } catch (error) {
      this.#failing = true;
      this.options.failed(error);
      if (!this.#closed) await pause(RETRY_MS);
      return;
    }
    this.#events.splice(0, events.length);
    if (checkpoint !== null && this.#checkpoint === checkpoint) this.#checkpoint = null;
  }
}

import { setTimeout as pause } from 'node:timers/promises';
import type { EventStore } from '@portcullis/eventing';
import type { FactReader } from './fact-reader.js';
import { pacedStore } from './paced-store.js';
import type { PolicyReplica } from './policy-replica.js';

export interface ReverificationParts {
  replica: Pick<PolicyReplica, 'known' | 'reverify'>;
  store: Pick<EventStore, 'read'>;
  /** A reader that checks every signature of what it reads from this store. */
  readerOf(store: Pick<EventStore, 'read'>): Pick<FactReader, 'load'>;
  onBroken(org: string): Promise<void>;
  /** What was served was not what the facts add up to; it has been replaced. */
  onCorrected(org: string): void;
  onFailure(org: string, error: unknown): void;
}

const LEAST_REST_MS = 300_000;
/** Rests are so many times as long as the round before them: altogether it takes a fiftieth of a core. */
const REST = 4;

/**
 * Reads everything again from the first fact, slowly and for ever: a start from snapshots does not look at the facts
 * below them, and what is in memory does not show that somebody has changed the store since.
 */
export class Reverification {
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(private readonly parts: ReverificationParts) {}

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const began = performance.now();
      await this.#round();
      const rest = Math.max(LEAST_REST_MS, REST * (performance.now() - began));
      await pause(rest, undefined, { ref: false, signal }).catch(() => undefined);
    }
  }

  async #round(): Promise<void> {
    const { replica, store, readerOf } = this.parts;
    const reader = readerOf(pacedStore(store, this.#stopping.signal));
    for (const org of replica.known()) {
      if (this.#stopping.signal.aborted) return;
      try {
        const found = await replica.reverify(org, reader);
        if (found === 'broken') await this.parts.onBroken(org);
        if (found === 'corrected') this.parts.onCorrected(org);
      } catch (error) {
        if (!this.#stopping.signal.aborted) this.parts.onFailure(org, error);
      }
    }
  }
}

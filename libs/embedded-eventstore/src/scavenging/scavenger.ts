import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import type { EventStorage } from '../storage/event-storage.js';
import { exchangeFiles, removeFresh, Rewrite } from './rewrite.js';
import { abandoned, currentScavenge, endScavenge, recordStart, type Scavenge } from './scavenge-record.js';

export interface ScavengerOptions {
  /** Of the store. */
  file: string;
  /** Between two steps, milliseconds: a slower scavenge is in nobody's way. */
  pauseMs: number;
}

interface Running {
  id: string;
  stop: AbortController;
  done: Promise<void>;
}

/**
 * Removes from the disk what reads hide: one scavenge at a time, beside the appends. It is recorded in the stream
 * `$scavenges-<id>`, and one that a crash or the node's end interrupted is begun again at the next start.
 */
export class Scavenger {
  readonly #storage: EventStorage;
  readonly #options: ScavengerOptions;
  readonly #closing = new AbortController();
  #running: Running | undefined;
  #starting: Promise<Running> | undefined;

  constructor(storage: EventStorage, options: ScavengerOptions) {
    this.#storage = storage;
    this.#options = options;
    removeFresh(options.file);
    const interrupted = currentScavenge(storage.db);
    if (interrupted) this.#run(interrupted);
  }

  /** Resolves when the start is on disk. */
  async start(): Promise<{ id: string; started: boolean }> {
    const running = this.#running ?? (await this.#starting);
    if (running) return { id: running.id, started: false };
    this.#starting = recordStart(this.#storage, randomUUID()).then((scavenge) => this.#run(scavenge));
    try {
      return { id: (await this.#starting).id, started: true };
    } finally {
      this.#starting = undefined;
    }
  }

  /** Resolves when it has stopped, without having removed anything. False if no such scavenge is running. */
  async stop(id: string): Promise<boolean> {
    const running = this.#running;
    if (running?.id !== id) return false;
    running.stop.abort();
    await running.done;
    return true;
  }

  /** Interrupts what is running. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#starting?.catch(() => undefined);
    await this.#running?.done;
  }

  #run(scavenge: Scavenge): Running {
    const stop = new AbortController();
    const done = this.#rewrite(scavenge, stop.signal).finally(() => (this.#running = undefined));
    return (this.#running = { id: scavenge.id, stop, done });
  }

  /** Never rejects. */
  async #rewrite(scavenge: Scavenge, stopped: AbortSignal): Promise<void> {
    const began = Date.now();
    try {
      const before = statSync(this.#options.file).size;
      await this.#checkSpace(before);
      const finished = await this.#copyAndExchange(scavenge, stopped);
      if (this.#closing.signal.aborted) return;
      const result = finished ? 'Success' : 'Stopped';
      const spaceSaved = before - statSync(this.#options.file).size;
      await endScavenge(this.#storage, scavenge, { result, error: '', began, spaceSaved });
    } catch (error) {
      await abandoned(this.#storage, scavenge, { error, began });
    }
  }

  /** False when it was told to stop. */
  async #copyAndExchange(scavenge: Scavenge, stopped: AbortSignal): Promise<boolean> {
    const { file, pauseMs } = this.#options;
    const signal = AbortSignal.any([stopped, this.#closing.signal]);
    const rewrite = new Rewrite(this.#storage.db, file, { ...scavenge });
    try {
      while (!signal.aborted && rewrite.step()) await (pauseMs > 0 ? pause(pauseMs) : turn());
      if (!signal.aborted) await rewrite.sync();
      if (signal.aborted) {
        rewrite.abandon();
        return false;
      }
      rewrite.finish();
    } catch (error) {
      rewrite.abandon();
      throw error;
    }
    try {
      this.#storage.replaceFile(file, () => exchangeFiles(file));
    } finally {
      removeFresh(file);
    }
    return true;
  }

  async #checkSpace(needed: number): Promise<void> {
    const { bavail, bsize } = await statfs(dirname(this.#options.file));
    if (bavail * bsize < needed)
      throw new Error(`a scavenge needs ${needed} bytes of free space for its copy`);
  }
}

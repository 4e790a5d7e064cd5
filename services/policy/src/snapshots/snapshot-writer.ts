import { setTimeout as pause } from 'node:timers/promises';
import type { LoadedPolicy } from '../replica/fact-reader.js';
import type { PolicySnapshots } from './policy-snapshots.js';

export interface SnapshotWriterParts {
  snapshots: Pick<PolicySnapshots, 'isDue' | 'save'>;
  /** What is verified of an organisation now; undefined while it can't be trusted. */
  loaded(org: string): LoadedPolicy | undefined;
  onFailure(org: string, error: unknown): void;
}

/** Between two snapshots: they are made beside decisions, which come first. */
const PAUSE_MS = 20;

/** Stores snapshots behind everything else, one at a time. One that fails is tried again after the next fact. */
export class SnapshotWriter {
  readonly #queue = new Set<string>();
  #writing: Promise<void> | undefined;
  #started = false;
  #stopped = false;

  constructor(private readonly parts: SnapshotWriterParts) {}

  /** To be called when decisions are served: before that there are more urgent things to do. */
  start(): void {
    this.#started = true;
    this.#wake();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#writing;
  }

  /** Facts of this organisation have been folded. */
  consider(org: string): void {
    const loaded = this.parts.loaded(org);
    if (loaded === undefined || !this.parts.snapshots.isDue(org, loaded.revision)) return;
    this.#queue.add(org);
    this.#wake();
  }

  #wake(): void {
    if (!this.#started || this.#stopped || this.#queue.size === 0) return;
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
      this.#wake();
    });
  }

  async #writeAll(): Promise<void> {
    for (const org of this.#queue) {
      if (this.#stopped) return;
      this.#queue.delete(org);
      await this.#write(org);
      await pause(PAUSE_MS, undefined, { ref: false });
    }
  }

  async #write(org: string): Promise<void> {
    const loaded = this.parts.loaded(org);
    if (loaded === undefined || !this.parts.snapshots.isDue(org, loaded.revision)) return;
    try {
      await this.parts.snapshots.save(org, loaded);
    } catch (error) {
      this.parts.onFailure(org, error);
    }
  }
}

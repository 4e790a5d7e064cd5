import { runSubscription, type EventStore, type RunningSubscription } from '@portcullis/eventing';
import type { Logger } from '@portcullis/platform';
import type { SegmentRegistry } from '../append/segment-registry.js';
import type { LeaderWork } from '../ports/leadership.js';
import type { Fault, Projected, Projection } from '../ports/projection.js';
import type { CollectingTime } from './collecting-time.js';
import { projectEvent } from './project-record.js';
import { ProjectionBuffer } from './projection-buffer.js';

export interface ProjectionParts {
  store: Pick<EventStore, 'read' | 'end' | 'subscribe'>;
  segments: Pick<SegmentRegistry, 'read'>;
  projection: Projection;
  collecting: CollectingTime;
  logger: Logger;
}

/** Under this name its checkpoint is kept. */
export const PROJECTION = 'records';
const RETRY_MS = 500;
const REBUILD_BATCH = 256;
const STANDS_STILL = 'The projection stands still.';

/** Keeps the projection up to date while it runs; rebuilds it from the registry's streams when there is no checkpoint. */
export class RunProjection implements LeaderWork {
  #subscription: RunningSubscription | undefined;
  #buffer: ProjectionBuffer | undefined;
  #starting: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #stopped = true;
  #failedToStart = false;

  constructor(private readonly parts: ProjectionParts) {}

  start(): void {
    this.#stopped = false;
    this.#starting = this.#begin().catch((err: unknown) => {
      this.#failedToStart = true;
      this.#log(err);
      if (!this.#stopped) this.#retry = setTimeout(() => this.start(), RETRY_MS);
    });
  }

  /** Why the projection stands still, null while it runs. */
  failure(): string | null {
    const broken = (this.#subscription?.status().failures ?? 0) > 0;
    return broken || this.#buffer?.failing || this.#failedToStart ? STANDS_STILL : null;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#retry);
    await this.#starting;
    // Together: what the subscription waits for may be the buffer.
    await Promise.all([this.#subscription?.stop(), this.#buffer?.close()]);
    this.#subscription = undefined;
    this.#buffer = undefined;
  }

  async #begin(): Promise<void> {
    const { store, projection, collecting } = this.parts;
    if ((await projection.checkpoint(PROJECTION)) === undefined) await this.#rebuild();
    if (this.#stopped) return;
    this.#failedToStart = false;
    this.#buffer = new ProjectionBuffer({
      projection,
      collecting,
      wrote: (faults) => this.#report(faults),
      failed: (err) => this.#log(err),
    });
    this.#subscription = runSubscription({
      store,
      name: PROJECTION,
      filter: { prefixes: ['audit-'] },
      checkpoints: this.#buffer,
      handle: (event, events) => {
        const projected = projectEvent(event);
        if (projected) events.push(projected);
        return Promise.resolve();
      },
      backoff: { maxMs: 2000 },
      onFailure: (err) => this.#log(err),
    });
  }

  /**
   * Stream by stream as the registry lists them, never from the whole store, which still shows deleted events. What is
   * stored meanwhile comes by the subscription from the end that was noted first.
   */
  async #rebuild(): Promise<void> {
    const { store, segments, projection } = this.parts;
    const position = await store.end();
    let events: Projected[] = [];
    for (const { stream } of await segments.read()) {
      for await (const event of store.read(stream)) {
        if (this.#stopped) return;
        const projected = projectEvent(event);
        if (projected) events.push(projected);
        if (events.length < REBUILD_BATCH) continue;
        this.#report(await projection.apply(events, null));
        events = [];
      }
    }
    this.#report(await projection.apply(events, { name: PROJECTION, position }));
  }

  #report(faults: readonly Fault[]): void {
    for (const { stream, revision, reason } of faults) {
      this.parts.logger.error(
        { stream, revision: Number(revision), reason },
        'a stored event is not a valid record',
      );
    }
  }

  #log(err: unknown): void {
    this.parts.logger.error({ err }, 'the projection stands still; it will be tried again');
  }
}

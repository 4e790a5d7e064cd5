import { runSubscription, type EventStore, type RunningSubscription, type StoredEvent } from '@portcullis/eventing';
import type { Logger } from '@portcullis/platform';
import type { SegmentRegistry } from '../append/segment-registry.js';
import type { Projection } from '../ports/projection.js';
import { projectEvent, type ProjectedFault, type ProjectedRecord } from './project-record.js';

export interface ProjectionParts<Tx> {
  store: Pick<EventStore, 'read' | 'end' | 'subscribe'>;
  segments: Pick<SegmentRegistry, 'read'>;
  projection: Projection<Tx>;
  logger: Logger;
}

const NAME = 'records';
const RETRY_MS = 500;
const STANDS_STILL = 'The projection stands still.';

/** Keeps the projection up to date while it runs; rebuilds it from the registry's streams when there is no checkpoint. */
export class RunProjection<Tx> {
  #subscription: RunningSubscription | undefined;
  #starting: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #stopped = true;
  #failure: string | null = null;

  constructor(private readonly parts: ProjectionParts<Tx>) {}

  start(): void {
    this.#stopped = false;
    this.#starting = this.#begin().catch((err: unknown) => {
      this.#failure = STANDS_STILL;
      this.#log(err);
      if (!this.#stopped) this.#retry = setTimeout(() => this.start(), RETRY_MS);
    });
  }

  /** Why the projection stands still, null while it runs. */
  failure(): string | null {
    if (this.#subscription === undefined) return this.#failure;
    return this.#subscription.status().failures > 0 ? STANDS_STILL : null;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#retry);
    await this.#starting;
    await this.#subscription?.stop();
    this.#subscription = undefined;
  }

  async #begin(): Promise<void> {
    const { store, projection } = this.parts;
    if ((await projection.checkpoints.load(NAME)) === undefined) await this.#rebuild();
    if (this.#stopped) return;
    this.#failure = null;
    this.#subscription = runSubscription({
      store,
      name: NAME,
      filter: { prefixes: ['audit-'] },
      checkpoints: projection.checkpoints,
      handle: (event, tx) => this.#project(event, (projected) => projection.apply(tx, projected)),
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
    const end = await store.end();
    for (const { stream } of await segments.read()) {
      for await (const event of store.read(stream)) {
        if (this.#stopped) return;
        await this.#project(event, (projected) => projection.applyAlone(projected));
      }
    }
    await projection.checkpoints.transact(NAME, end, () => Promise.resolve());
  }

  async #project(
    event: StoredEvent,
    apply: (projected: ProjectedRecord | ProjectedFault) => Promise<boolean>,
  ): Promise<void> {
    const projected = projectEvent(event);
    if (projected === undefined) return;
    const isNewFault = await apply(projected);
    if (!isNewFault) return;
    const { stream, revision } = event;
    this.parts.logger.error({ stream, revision: Number(revision) }, 'a stored event is not a valid audit record');
  }

  #log(err: unknown): void {
    this.parts.logger.error({ err }, 'the projection stands still; it will be tried again');
  }
}

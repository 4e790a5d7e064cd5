import { setTimeout as pause } from 'node:timers/promises';
import { AppError, auditStream } from '@portcullis/contracts';
import type { EventStore } from '@portcullis/eventing';
import { within } from '@portcullis/platform';
import type { AppendClock } from '../append/append-clock.js';
import type { SegmentRegistry } from '../append/segment-registry.js';
import type { ReadBarrier } from '../ports/read-barrier.js';
import type { RecordView } from '../ports/record-view.js';
import type { CollectingTime } from './collecting-time.js';

export interface HeadsParts {
  store: Pick<EventStore, 'read'>;
  view: Pick<RecordView, 'heads'>;
  segments: Pick<SegmentRegistry, 'latest'>;
  clock: AppendClock;
  /** Of the projection of this replica; it may be another one that leads. */
  collecting: CollectingTime;
  now(): number;
}

const POLL_MS = 15;
const CLASSES = ['calls', 'admin'] as const;

/** {@link ReadBarrier} by comparing the last revision of the organisation's newest streams with what is projected. */
export class ProjectedHeads implements ReadBarrier {
  constructor(private readonly parts: HeadsParts) {}

  reached(org: string, deadline: number): Promise<void> {
    const until = { deadline, now: this.parts.now, late: stale };
    return this.parts.collecting.cutShortFor(() => within(until, this.#reached(org, deadline)));
  }

  async #reached(org: string, deadline: number): Promise<void> {
    const wanted = await this.#heads(org);
    if (wanted.size === 0) return;
    while (this.parts.now() < deadline) {
      const projected = await this.parts.view.heads(org, [...wanted.keys()]);
      if ([...wanted].every(([stream, revision]) => (projected.get(stream) ?? -1n) >= revision)) return;
      await pause(POLL_MS);
    }
    throw stale();
  }

  /** The months before the newest one are complete: their streams get nothing more. */
  async #heads(org: string): Promise<Map<string, bigint>> {
    const streams = new Set(
      CLASSES.flatMap((recordClass) => {
        const current = auditStream(org, recordClass, this.parts.clock.now());
        return [this.parts.segments.latest(org, recordClass) ?? current, current];
      }),
    );
    const heads = await Promise.all(
      [...streams].map(async (stream) => [stream, await this.#last(stream)] as const),
    );
    return new Map(heads.filter((head): head is readonly [string, bigint] => head[1] !== undefined));
  }

  async #last(stream: string): Promise<bigint | undefined> {
    for await (const { revision } of this.parts.store.read(stream, { direction: 'backwards', limit: 1 }))
      return revision;
    return undefined;
  }
}

const stale = (): AppError =>
  new AppError('STALE', 'The search view has not caught up with the audit streams. Try again.');

import { auditStream, type AuditRecord } from '@portcullis/contracts';
import type { EventStore } from '@portcullis/eventing';
import { uuid } from './event-id.js';
import { segmentCodec, SEGMENTS_STREAM, type Segment } from './segments.events.js';

type RecordClass = AuditRecord['class'];

/** What this replica knows of the streams that hold records. Other replicas open streams too: `read` sees them all. */
export class SegmentRegistry {
  readonly #known = new Set<string>();
  readonly #latest = new Map<string, Segment>();
  readonly #opening = new Map<string, Promise<void>>();

  constructor(private readonly store: Pick<EventStore, 'append' | 'read'>) {}

  /** Every segment, each once, in the order in which they were opened. */
  async read(): Promise<Segment[]> {
    const segments = new Map<string, Segment>();
    for await (const event of this.store.read(SEGMENTS_STREAM)) {
      const { data } = segmentCodec.decode(event);
      if (!segments.has(data.stream)) segments.set(data.stream, data);
    }
    for (const segment of segments.values()) this.#learn(segment);
    return [...segments.values()];
  }

  /** The stream of the newest segment that this replica knows. */
  latest(org: string, recordClass: RecordClass): string | undefined {
    return this.#latest.get(`${org}/${recordClass}`)?.stream;
  }

  /** Resolves when the registry durably names the stream of such a record; only then may a record go there. */
  async open(org: string, recordClass: RecordClass, time: Date): Promise<string> {
    const stream = auditStream(org, recordClass, time);
    if (this.#known.has(stream)) return stream;
    let opening = this.#opening.get(stream);
    if (opening === undefined) {
      const segment = { stream, org, class: recordClass, month: stream.slice(-6) };
      opening = this.#append(segment).finally(() => this.#opening.delete(stream));
      this.#opening.set(stream, opening);
    }
    await opening;
    return stream;
  }

  async #append(segment: Segment): Promise<void> {
    const encoded = segmentCodec.encode({ type: 'audit.SegmentOpened', data: segment });
    const id = uuid('portcullis/v1/audit-segment', segment.stream);
    await this.store.append(SEGMENTS_STREAM, [{ id, ...encoded }], { expected: 'any' });
    this.#learn(segment);
  }

  #learn(segment: Segment): void {
    this.#known.add(segment.stream);
    const key = `${segment.org}/${segment.class}`;
    const latest = this.#latest.get(key);
    if (latest === undefined || latest.month < segment.month) this.#latest.set(key, segment);
  }
}

/** The first moment of a segment's month. */
export const startOfMonth = ({ month }: Pick<Segment, 'month'>): Date =>
  new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(4)) - 1));

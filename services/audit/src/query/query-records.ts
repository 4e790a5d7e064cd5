import type { AuditPage, AuditQueryRequest, Keyring } from '@portcullis/contracts';
import type { ReadBarrier } from '../ports/read-barrier.js';
import type { RecordView } from '../ports/record-view.js';
import { organisationOf } from './authorised-organisation.js';
import { decodeCursor, encodeCursor } from './cursor.js';

export interface QueryParts {
  keyring: Keyring;
  view: RecordView;
  barrier: ReadBarrier;
  now(): Date;
}

/** How long an answer waits for the projection before it is `STALE`, milliseconds. */
export const FRESHNESS_MS = 3000;
/** A page has to fit into one NATS message with everything around the records. */
const PAGE_BYTES = 512 * 1024;

/** Newest first. Shows everything that was acknowledged before the question was asked, or says `STALE`. */
export class QueryRecords {
  constructor(private readonly parts: QueryParts) {}

  async run({ assertion, filter, limit, cursor }: AuditQueryRequest): Promise<AuditPage> {
    const { keyring, view, barrier, now } = this.parts;
    const org = organisationOf(keyring, assertion, now());
    const after = cursor === null ? null : decodeCursor(cursor, filter).after;
    await barrier.reached(org, now().getTime() + FRESHNESS_MS);
    const { rows, more } = await view.page(org, {
      filter,
      order: 'newest',
      limit,
      maxBytes: PAGE_BYTES,
      after,
    });
    const last = rows.at(-1)?.record;
    return {
      rows,
      next:
        more && last
          ? encodeCursor({ after: { time: last.time, recordId: last.recordId }, to: null }, filter)
          : null,
    };
  }
}

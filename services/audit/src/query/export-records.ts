import type { AuditExportChunk, AuditExportRequest, AuditRow } from '@portcullis/contracts';
import type { RecordPage } from '../ports/record-view.js';
import { organisationOf } from './authorised-organisation.js';
import { csvHeader, csvLine } from './csv.js';
import { decodeCursor, encodeCursor, type Cursor } from './cursor.js';
import { jsonLine } from './jsonl.js';
import { FRESHNESS_MS, type QueryParts } from './query-records.js';

/** Bytes of text in a chunk, more only when a single record has more. */
const CHUNK_BYTES = 200 * 1024;
const CHUNK_ROWS = 1000;

const WRITERS = {
  csv: { header: csvHeader, line: csvLine },
  jsonl: { header: () => '', line: jsonLine },
} as const;

/**
 * Oldest first, chunk by chunk, in constant memory. The first chunk fixes the end of the period, so an export ends,
 * however much is recorded meanwhile.
 */
export class ExportRecords {
  constructor(private readonly parts: QueryParts) {}

  async run(request: AuditExportRequest): Promise<AuditExportChunk> {
    const { keyring, view, barrier, now } = this.parts;
    const { filter, format } = request;
    const org = organisationOf(keyring, request.assertion, now());
    const begun = request.cursor === null ? null : decodeCursor(request.cursor, filter);
    if (begun === null) await barrier.reached(org, now().getTime() + FRESHNESS_MS);
    const to = begun?.to ?? (await this.#end(org, filter.to));
    const page = await view.page(org, {
      filter: { ...filter, to },
      order: 'oldest',
      limit: CHUNK_ROWS,
      maxBytes: CHUNK_BYTES,
      after: begun?.after ?? null,
    });
    const { text, records, last } = write(format, page.rows, begun === null);
    const more = page.more || records < page.rows.length;
    return { chunk: text, records, next: more && last ? encodeCursor({ after: last, to }, filter) : null };
  }

  /** Just behind the newest record, whichever replica's clock it has its time from, and not before now. */
  async #end(org: string, to: string | undefined): Promise<string> {
    const { view, now } = this.parts;
    const { rows } = await view.page(org, {
      filter: {},
      order: 'newest',
      limit: 1,
      maxBytes: CHUNK_BYTES,
      after: null,
    });
    const newest = Math.max(now().getTime(), Date.parse(rows[0]?.record.time ?? '1970-01-01'));
    const end = new Date(newest + 1).toISOString();
    return to === undefined || to > end ? end : to;
  }
}

function write(format: 'csv' | 'jsonl', rows: RecordPage['rows'], first: boolean) {
  const { header, line } = WRITERS[format];
  let text = first ? header() : '';
  let bytes = Buffer.byteLength(text);
  let records = 0;
  let last: Cursor['after'] | undefined;
  for (const row of rows) {
    const next = line(row);
    if (records > 0 && bytes + Buffer.byteLength(next) > CHUNK_BYTES) break;
    text += next;
    bytes += Buffer.byteLength(next);
    records += 1;
    last = positionOf(row);
  }
  return { text, records, last };
}

const positionOf = ({ record }: AuditRow): Cursor['after'] => ({
  time: record.time,
  recordId: record.recordId,
});

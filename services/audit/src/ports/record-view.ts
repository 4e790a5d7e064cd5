import type { AuditFilter, AuditRow } from '@portcullis/contracts';

/** Where a page ended. Rows are ordered by time, then recordId. */
export interface PagePosition {
  /** RFC 3339, milliseconds. */
  time: string;
  recordId: string;
}

export interface PageRequest {
  filter: AuditFilter;
  order: 'newest' | 'oldest';
  /** Rows at most. */
  limit: number;
  /** Sum of the records' bytes after which the page ends; it has at least one row if there is any. */
  maxBytes: number;
  after: PagePosition | null;
}

export interface RecordPage {
  rows: AuditRow[];
  more: boolean;
}

/** The projection as an organisation sees it. An adapter promises that no row of another one ever comes out. */
export interface RecordView {
  page(org: string, request: PageRequest): Promise<RecordPage>;
  /** First occurrences by recordId, as far as the projection has come. */
  byId(org: string, recordIds: readonly string[]): Promise<AuditRow[]>;
  /** Revision up to which each of these streams has been projected; missing: nothing of it. */
  heads(org: string, streams: readonly string[]): Promise<Map<string, bigint>>;
}

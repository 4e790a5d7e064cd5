import { auditRecordSchema, type AuditRow, type CallStatus, type Outcome } from '@portcullis/contracts';
import { asOrganisation } from '@portcullis/platform';
import type { DataSource } from 'typeorm';
import type { PageRequest, RecordPage, RecordView } from '../ports/record-view.js';
import { pageSql } from './postgres.page-sql.js';

interface Row {
  record_id: string;
  status: CallStatus | null;
  stream: string;
  revision: string;
  data_hash: string;
  data: string;
  outcome_record: string | null;
  outcome: Outcome | null;
}

/** {@link RecordView} in the schema `audit`, by its runtime role, always as the organisation. */
export class PostgresRecordView implements RecordView {
  constructor(private readonly dataSource: DataSource) {}

  async page(org: string, request: PageRequest): Promise<RecordPage> {
    const { text, parameters } = pageSql(org, request);
    const rows = await this.#query<Row & { candidates: string }>(org, text, parameters);
    return { rows: rows.map(toAuditRow), more: rows.length < Number(rows[0]?.candidates ?? 0) };
  }

  async byId(org: string, recordIds: readonly string[]): Promise<AuditRow[]> {
    const rows = await this.#query<Row>(org, BY_ID, [org, recordIds]);
    return rows.map(toAuditRow);
  }

  async heads(org: string, streams: readonly string[]): Promise<Map<string, bigint>> {
    const text = 'SELECT stream, revision FROM heads WHERE org_id = $1 AND stream = ANY ($2)';
    const rows = await this.#query<{ stream: string; revision: string }>(org, text, [org, streams]);
    return new Map(rows.map(({ stream, revision }) => [stream, BigInt(revision)]));
  }

  #query<T>(org: string, text: string, parameters: unknown[]): Promise<T[]> {
    return asOrganisation(this.dataSource, org, (tx) => tx.query(text, parameters) as Promise<T[]>);
  }
}

const BY_ID = `
  SELECT r.record_id, r.status, r.stream, r.revision, r.data_hash, r.data, c.outcome_record, c.outcome
  FROM records r LEFT JOIN calls c ON c.org_id = r.org_id AND c.grant_hash = r.grant_hash
  WHERE r.org_id = $1 AND r.record_id = ANY ($2)`;

function toAuditRow(row: Row): AuditRow {
  const { status, outcome_record: decidedBy, outcome } = row;
  return {
    stream: row.stream,
    revision: Number(row.revision),
    dataHash: row.data_hash,
    record: auditRecordSchema.parse(JSON.parse(row.data)),
    state: status && { status, recordId: status === 'denied' ? row.record_id : decidedBy, outcome },
  };
}

import type { AuditRecord, DecidedCallsRequest, SealedBox } from '@portcullis/contracts';
import { asOrganisation } from '@portcullis/platform';
import type { DataSource } from 'typeorm';
import { DECIDED_TYPES, decidedCall, sealedBoxOf } from '../decided/decided-call.js';
import type { DecidedCallsView, DecidedRow } from '../ports/decided-calls-view.js';

const PAGE = `
  SELECT record_id, time, decided, CASE WHEN decided IS NULL THEN data END AS data FROM records
  WHERE org_id = $1 AND type = ANY ($2) AND time >= $3::timestamptz AND time < $4::timestamptz
    AND ($5::timestamptz IS NULL OR (time, record_id) > ($5::timestamptz, $6))
  ORDER BY time, record_id LIMIT $7`;

const BY_ID =
  'SELECT record_id, data FROM records WHERE org_id = $1 AND record_id = ANY ($2) AND type = ANY ($3)';

/** {@link DecidedCallsView} in the schema `audit`, by its runtime role, always as the organisation. */
export class PostgresDecidedCalls implements DecidedCallsView {
  constructor(private readonly dataSource: DataSource) {}

  async decidedCalls(
    org: string,
    { from, to, limit, after }: Omit<DecidedCallsRequest, 'org'>,
  ): Promise<DecidedRow[]> {
    const values = [org, DECIDED_TYPES, from, to, after?.time ?? null, after?.recordId ?? '', limit];
    const rows = await asOrganisation(
      this.dataSource,
      org,
      (tx) => tx.query(PAGE, values) as Promise<StoredRow[]>,
    );
    return rows.map((row) => ({
      position: { recordId: row.record_id, time: row.time.toISOString() },
      text: row.decided ?? JSON.stringify(decidedCall(JSON.parse(row.data!) as AuditRecord)),
    }));
  }

  async sealedBoxes(org: string, recordIds: readonly string[]): Promise<Map<string, SealedBox | null>> {
    const values = [org, recordIds, DECIDED_TYPES];
    const rows = await asOrganisation(
      this.dataSource,
      org,
      (tx) => tx.query(BY_ID, values) as Promise<{ record_id: string; data: string }[]>,
    );
    return new Map(rows.map(({ record_id: id, data }) => [id, sealedBoxOf(JSON.parse(data) as AuditRecord)]));
  }
}

/** One of `decided` and `data` is there. */
interface StoredRow {
  record_id: string;
  time: Date;
  decided: string | null;
  data: string | null;
}

import type { AuditRecord, DecidedCall, DecidedCallsRequest } from '@portcullis/contracts';
import { asOrganisation } from '@portcullis/platform';
import type { DataSource } from 'typeorm';
import { DECIDED_TYPES, decidedCall } from '../decided/decided-call.js';
import type { DecidedCallsView } from '../ports/decided-calls-view.js';

const PAGE = `
  SELECT data FROM records
  WHERE org_id = $1 AND type = ANY ($2) AND time >= $3::timestamptz AND time < $4::timestamptz
    AND ($5::timestamptz IS NULL OR (time, record_id) > ($5::timestamptz, $6))
  ORDER BY time, record_id LIMIT $7`;

/** {@link DecidedCallsView} in the schema `audit`, by its runtime role, always as the organisation. */
export class PostgresDecidedCalls implements DecidedCallsView {
  constructor(private readonly dataSource: DataSource) {}

  async decidedCalls(
    org: string,
    { from, to, limit, after }: Omit<DecidedCallsRequest, 'org'>,
  ): Promise<DecidedCall[]> {
    const values = [org, DECIDED_TYPES, from, to, after?.time ?? null, after?.recordId ?? '', limit];
    const rows = await asOrganisation(
      this.dataSource,
      org,
      (tx) => tx.query(PAGE, values) as Promise<{ data: string }[]>,
    );
    // Checked when it was projected; a million of them would take minutes to check again.
    return rows.map(({ data }) => decidedCall(JSON.parse(data) as AuditRecord));
  }
}

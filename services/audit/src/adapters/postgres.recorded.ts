import { asOrganisation } from '@portcullis/platform';
import type { DataSource } from 'typeorm';
import type { RecordedView } from '../ports/recorded-view.js';

const PRESENT = 'SELECT record_id FROM records WHERE org_id = $1 AND record_id = ANY ($2)';

/** {@link RecordedView} in the schema `audit`, by its runtime role, always as the organisation. */
export class PostgresRecorded implements RecordedView {
  constructor(private readonly dataSource: DataSource) {}

  async present(org: string, recordIds: readonly string[]): Promise<Set<string>> {
    const rows = await asOrganisation(
      this.dataSource,
      org,
      (tx) => tx.query(PRESENT, [org, recordIds]) as Promise<{ record_id: string }[]>,
    );
    return new Set(rows.map(({ record_id: id }) => id));
  }
}

import type { StoredRecord } from '../append/record-log.js';
import type { EarlierRecords } from '../ports/earlier-records.js';
import type { ReadBarrier } from '../ports/read-barrier.js';
import type { RecordView } from '../ports/record-view.js';

/** {@link EarlierRecords} by the projection, once it has caught up with the streams. */
export class ProjectedEarlierRecords implements EarlierRecords {
  constructor(
    private readonly view: RecordView,
    private readonly barrier: ReadBarrier,
  ) {}

  async find(
    org: string,
    recordIds: readonly string[],
    deadline: number,
  ): Promise<Map<string, StoredRecord>> {
    await this.barrier.reached(org, deadline);
    const rows = await this.view.byId(org, recordIds);
    return new Map(
      rows.map(({ record, stream, revision, dataHash }) => [
        record.recordId,
        { record, stream, revision, dataHash },
      ]),
    );
  }
}

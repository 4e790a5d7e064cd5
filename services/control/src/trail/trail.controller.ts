import { Controller, StreamableFile } from '@nestjs/common';
import type { Asked, Reply } from '../http/route.js';
import { AskedFor, Serves } from '../http/serves.js';
import { ExportRecords } from './export-records.js';
import { QueryRecords } from './query-records.js';
import { EXPORT_RECORDS, QUERY_RECORDS } from './trail.routes.js';

const MEDIA_TYPES = { csv: 'text/csv; charset=utf-8', jsonl: 'application/jsonl; charset=utf-8' } as const;

@Controller()
export class TrailController {
  constructor(
    private readonly queryRecords: QueryRecords,
    private readonly exportRecords: ExportRecords,
  ) {}

  @Serves(QUERY_RECORDS)
  async query(
    @AskedFor() { admin, query }: Asked<typeof QUERY_RECORDS>,
  ): Promise<Reply<typeof QUERY_RECORDS>> {
    const { limit, cursor = null, ...filter } = query;
    const { rows, next } = await this.queryRecords.run(admin, filter, { limit, cursor });
    return { records: rows, next };
  }

  @Serves(EXPORT_RECORDS)
  async export(@AskedFor() { admin, query }: Asked<typeof EXPORT_RECORDS>): Promise<StreamableFile> {
    const { format, ...filter } = query;
    const stream = await this.exportRecords.run(admin, { format, filter });
    const disposition = `attachment; filename="audit-${admin.principal.org}.${format}"`;
    return new StreamableFile(stream, { type: MEDIA_TYPES[format], disposition });
  }
}

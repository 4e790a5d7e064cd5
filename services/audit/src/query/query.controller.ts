import { Controller } from '@nestjs/common';
import {
  VERBS,
  type AuditExportChunk,
  type AuditExportRequest,
  type AuditPage,
  type AuditQueryRequest,
} from '@portcullis/contracts';
import { ServesVerb } from '@portcullis/platform';
import { ExportRecords } from './export-records.js';
import { QueryRecords } from './query-records.js';

@Controller()
export class QueryController {
  constructor(
    private readonly records: QueryRecords,
    private readonly exporter: ExportRecords,
  ) {}

  @ServesVerb(VERBS.auditQuery)
  query(request: AuditQueryRequest): Promise<AuditPage> {
    return this.records.run(request);
  }

  @ServesVerb(VERBS.auditExport)
  export(request: AuditExportRequest): Promise<AuditExportChunk> {
    return this.exporter.run(request);
  }
}

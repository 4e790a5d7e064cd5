import { auditFilterSchema, auditRowSchema } from '@portcullis/contracts';
import { z } from 'zod';
import { route } from '../http/route.js';

const cursor = z.string().max(400).optional().meta({ description: '`next` of the previous page.' });
const tag = 'Audit';

export const QUERY_RECORDS = route({
  id: 'queryAuditRecords',
  method: 'GET',
  path: '/api/audit/records',
  tag,
  summary: 'Audit records of the organisation, newest first.',
  access: { kind: 'key', operation: 'audit.read', scope: 'admin' },
  query: z.strictObject({
    ...auditFilterSchema.shape,
    cursor,
    limit: z.coerce.number().int().min(1).max(500).default(100),
  }),
  reply: {
    status: 200,
    description: 'One page.',
    schema: z.strictObject({
      records: z.array(auditRowSchema.meta({ id: 'AuditRow' })),
      next: z.string().nullable(),
    }),
  },
});

export const EXPORT_RECORDS = route({
  id: 'exportAuditRecords',
  method: 'GET',
  path: '/api/audit/export',
  tag,
  summary:
    'All matching records, oldest first, as a stream. A response that ends without its last chunk is incomplete.',
  access: { kind: 'key', operation: 'audit.export', scope: 'admin' },
  query: z.strictObject({ ...auditFilterSchema.shape, format: z.enum(['csv', 'jsonl']) }),
  reply: {
    status: 200,
    description: 'The export. Personal fields stay sealed.',
    mediaTypes: ['text/csv; charset=utf-8', 'application/jsonl; charset=utf-8'],
  },
});

export const TRAIL_ROUTES = [QUERY_RECORDS, EXPORT_RECORDS];

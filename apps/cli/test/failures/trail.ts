import { auditRecordSchema, auditStream, type AuditRecord } from '@portcullis/contracts';
import type { EventStore } from '@portcullis/eventing';
import type { Admin } from '../admin.js';

/**
 * The records of the organisation's calls as the event store has them, in its order. A record counts where it stands
 * first: an append that was repeated may stand twice in the store, and means once.
 */
export async function storedRecords(store: EventStore, org: string, since: Date): Promise<AuditRecord[]> {
  const streams = new Set([since, new Date()].map((time) => auditStream(org, 'calls', time)));
  const first = new Map<string, AuditRecord>();
  for (const stream of streams) {
    for await (const { data } of store.read(stream)) {
      const record = auditRecordSchema.parse(data);
      if (!first.has(record.recordId)) first.set(record.recordId, record);
    }
  }
  return [...first.values()];
}

/** The same records by way of the projection, as an auditor exports them; ids only. */
export async function exportedRecordIds(admin: Admin): Promise<string[]> {
  const text = await admin.text('/api/audit/export?format=jsonl&class=calls');
  return text
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { record: { recordId: string } }).record.recordId);
}

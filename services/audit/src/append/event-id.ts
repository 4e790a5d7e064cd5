import { lp, sha256, type AuditRecord } from '@portcullis/contracts';
import { recordIdentity } from '../records/record-identity.js';

/**
 * UUID of a record's event. A repeated append gets the same id, so a store that remembers does not store it twice; a
 * different statement under a used recordId gets another id, so it is stored, found and reported, never swallowed.
 */
export function eventIdOf(record: AuditRecord): string {
  return uuid('portcullis/v1/audit-event', record.org, record.recordId, recordIdentity(record));
}

/** A UUID (version 8, RFC 9562: its content is ours) from SHA-256 over the parts. */
export function uuid(...parts: string[]): string {
  const bytes = sha256(lp(...parts)).subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

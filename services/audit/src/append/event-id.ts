import { lp, sha256, type AuditRecord } from '@portcullis/contracts';

/**
 * UUID of a record's event, made of the very bytes that are stored: a store that recognises the id has these bytes, so
 * it never takes a record for a repetition of another one and acknowledges what it did not store.
 */
export const eventIdOf = (record: AuditRecord, dataHash: string): string =>
  uuid('portcullis/v1/audit-event', record.org, record.recordId, dataHash);

/** A UUID (version 8, RFC 9562: its content is ours) from SHA-256 over the parts. */
export function uuid(...parts: string[]): string {
  const bytes = sha256(lp(...parts)).subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

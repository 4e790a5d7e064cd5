import { canonicalJson, type AuditRow } from '@portcullis/contracts';

/**
 * One RFC 8785 line: where the record stands, its hash, and the record itself, whose canonical bytes have that hash.
 * Without the call's state, which changes: the same period always gives the same bytes, and outcomes have their lines.
 */
export function jsonLine({ stream, revision, dataHash, record }: AuditRow): string {
  return `${canonicalJson({ stream, revision, dataHash, record })}\n`;
}

import {
  AppError,
  b64u,
  canonicalBytes,
  fromB64u,
  sha256,
  timeSchema,
  ulidSchema,
  type AuditFilter,
} from '@portcullis/contracts';
import { z } from 'zod';
import type { PagePosition } from '../ports/record-view.js';

/** Where to go on, and in which answer: an export's end is fixed when it begins. */
export interface Cursor {
  after: PagePosition;
  /** Exclusive end of an export; null for a query. */
  to: string | null;
}

const cursorSchema = z.strictObject({
  t: timeSchema,
  r: ulidSchema,
  to: timeSchema.nullable(),
  /** Of the filter: a cursor goes on with the question that it came from. */
  f: z.string(),
});

/**
 * Opaque to the caller, and no authority: whatever it says, only rows of the caller's organisation are read. `to` is
 * not taken from the filter's digest, so that the digest stays the same over the chunks of an export.
 */
export function encodeCursor({ after, to }: Cursor, filter: AuditFilter): string {
  return b64u(canonicalBytes({ t: after.time, r: after.recordId, to, f: digest(filter) }));
}

/** @throws AppError `INVALID_ARGUMENT` unless it was made for this filter. */
export function decodeCursor(text: string, filter: AuditFilter): Cursor {
  const cursor = cursorSchema.safeParse(parse(text));
  if (!cursor.success || cursor.data.f !== digest(filter)) {
    throw new AppError('INVALID_ARGUMENT', 'The cursor does not belong to this question.');
  }
  const { t, r, to } = cursor.data;
  return { after: { time: t, recordId: r }, to };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(fromB64u(text).toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Absent fields and fields that are undefined ask the same. */
const digest = (filter: AuditFilter): string =>
  b64u(sha256(canonicalBytes(JSON.parse(JSON.stringify(filter)))).subarray(0, 12));

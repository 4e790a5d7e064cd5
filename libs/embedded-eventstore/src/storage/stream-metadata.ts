/** `$tb` of a soft deleted stream: 2^63 - 1. As a JavaScript number it rounds to 2^63, hence "or more". */
const DELETED = 2 ** 63;

/** Of the JSON in a `$metadata` event, what reads honour. */
export interface Retention {
  softDeleted: boolean;
  truncateBefore: number;
  maxCount: number | undefined;
  maxAgeSeconds: number | undefined;
}

type Metadata = Record<string, unknown>;

/** Metadata that isn't a JSON object means nothing, like in EventStoreDB. */
export function parseMetadata(data: Uint8Array): Metadata {
  try {
    const value: unknown = JSON.parse(Buffer.from(data).toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Metadata) : {};
  } catch {
    return {};
  }
}

export function retentionOf(metadata: Metadata): Retention {
  const truncateBefore = count(metadata['$tb']) ?? 0;
  return {
    softDeleted: truncateBefore >= DELETED,
    truncateBefore: Math.min(truncateBefore, Number.MAX_SAFE_INTEGER),
    maxCount: safe(count(metadata['$maxCount'])),
    maxAgeSeconds: safe(count(metadata['$maxAge'])),
  };
}

/** A soft delete replaces all other metadata. Written as text: no JavaScript number is 2^63 - 1. */
export const deletedMetadata = (): Uint8Array => Buffer.from('{"$tb":9223372036854775807}');

/** What a recreated stream keeps of its metadata, beginning after everything that was deleted. */
export const recreatedMetadata = (metadata: Metadata, from: number): Uint8Array =>
  Buffer.from(JSON.stringify({ ...metadata, $tb: from }));

const count = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : undefined;

const safe = (value: number | undefined): number | undefined =>
  value === undefined ? undefined : Math.min(value, Number.MAX_SAFE_INTEGER);

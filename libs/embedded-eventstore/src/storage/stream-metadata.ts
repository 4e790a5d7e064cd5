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

/**
 * Like EventStoreDB: one of the three that is not an integer makes all of the metadata void; a `$maxCount` or `$maxAge`
 * that is not positive, or a negative `$tb`, is void by itself.
 */
export function retentionOf(metadata: Metadata): Retention {
  const { $tb, $maxCount, $maxAge } = metadata;
  if (![$tb, $maxCount, $maxAge].every(isIntegerOrAbsent)) return retentionOf({});
  const truncateBefore = atLeast(0, $tb) ?? 0;
  return {
    softDeleted: truncateBefore >= DELETED,
    truncateBefore: Math.min(truncateBefore, Number.MAX_SAFE_INTEGER),
    maxCount: safe(atLeast(1, $maxCount)),
    maxAgeSeconds: safe(atLeast(1, $maxAge)),
  };
}

/** A soft delete replaces all other metadata. Written as text: no JavaScript number is 2^63 - 1. */
export const deletedMetadata = (): Uint8Array => Buffer.from('{"$tb":9223372036854775807}');

/** What a recreated stream keeps of its metadata, beginning after everything that was deleted. */
export const recreatedMetadata = (metadata: Metadata, from: number): Uint8Array =>
  Buffer.from(JSON.stringify({ ...metadata, $tb: from }));

const isIntegerOrAbsent = (value: unknown): boolean => value === undefined || Number.isInteger(value);

const atLeast = (least: number, value: unknown): number | undefined =>
  typeof value === 'number' && value >= least ? value : undefined;

/** Numbers beyond the safe ones are beyond every revision and age. */
const safe = (value: number | undefined): number | undefined =>
  value === undefined ? undefined : Math.min(value, Number.MAX_SAFE_INTEGER);

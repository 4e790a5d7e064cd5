import { auditRecordSchema, RECORD_TYPES, type AuditRecord } from '@portcullis/contracts';
import { defineEvent, eventCodec, type EncodedEvent, type JsonValue } from '@portcullis/eventing';

/** Every record is stored as `audit.<type>.v1`; the type inside the data, which is what is proven, has to agree. */
const codec = eventCodec(
  ...RECORD_TYPES.map((type) =>
    defineEvent(
      `audit.${type}` as string,
      auditRecordSchema.refine((record) => record.type === type, {
        error: 'the type of the event differs from the data',
      }),
    ),
  ),
);

export const recordCodec = codec;

/** @throws AppError `INTERNAL` for a record that breaks its schema. */
export const encodeRecord = (record: AuditRecord): EncodedEvent =>
  codec.encode({ type: `audit.${record.type}`, data: record });

/** @throws AppError `INTERNAL` for what is not a record, or breaks its schema. */
export const decodeRecord = (stored: EncodedEvent): AuditRecord => codec.decode(stored).data;

/** The record in data that was found under one of the types. @throws AppError `INTERNAL` */
export const decodeStored = (data: JsonValue): AuditRecord =>
  decodeRecord({ type: `audit.${String((data as { type?: unknown } | null)?.type)}.v1`, data });

import { ulidSchema } from '@portcullis/contracts';
import { defineEvent, eventCodec } from '@portcullis/eventing';
import { z } from 'zod';

/** The registry of every stream that holds records: rebuilds, exports and replays walk it, never the whole store. */
export const SEGMENTS_STREAM = 'audit-segments';

/** Stored before the first record of the stream. The same segment may be announced twice. */
const segmentSchema = z.strictObject({
  stream: z.string().max(128),
  org: ulidSchema,
  class: z.enum(['calls', 'admin']),
  /** `yyyymm`, UTC, by audit's append clock. */
  month: z.string().regex(/^\d{6}$/),
});
export type Segment = z.infer<typeof segmentSchema>;

export const segmentCodec = eventCodec(defineEvent('audit.SegmentOpened', segmentSchema));

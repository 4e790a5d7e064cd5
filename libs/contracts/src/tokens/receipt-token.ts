import { z } from 'zod';
import { ulidSchema } from '../encoding/ids.js';
import { hash32Schema } from '../messages/fields.js';
import { registeredClaims } from './token-fields.js';

/** Audit's word that the intent of this very grant is durably recorded. Expires with the grant. */
export const receiptClaimsSchema = z.strictObject({
  ...registeredClaims,
  kind: z.literal('intent'),
  org: ulidSchema,
  call: ulidSchema,
  attempt: z.int().min(1).max(1000),
  /** SHA-256 of the grant's payload. */
  gh: hash32Schema,
  recordId: ulidSchema,
  /** SHA-256 of the record's canonical data. */
  dh: hash32Schema,
  stream: z.string().min(1).max(128),
  revision: z.int().min(0),
});
export type ReceiptClaims = z.infer<typeof receiptClaimsSchema>;

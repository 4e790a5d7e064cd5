import { z } from 'zod';
import { hash32Schema, timeSchema } from '../messages/fields.js';
import { serviceNameSchema } from '../trust/identity.js';
import { decidedClaims } from './grant-token.js';
import { registeredClaims } from './token-fields.js';

/** The operation of policy's that opens sealed sections of records. */
export const READING_OPERATION = 'sealed.read';

/** What sealed sections may be opened for. It decides which of their fields leave the vault. */
export const readingPurposeSchema = z.enum(['simulation']);
export type ReadingPurpose = z.infer<typeof readingPurposeSchema>;

/** Boxes that one leave may be for at most. */
export const MAX_READING_BOXES = 32_768;

/** What is read for: a simulation, by the digest of what was asked, and the period of its calls. */
export const readingAboutSchema = z.strictObject({
  simulation: hash32Schema,
  from: timeSchema,
  to: timeSchema,
});
export type ReadingAbout = z.infer<typeof readingAboutSchema>;

/**
 * Leave to have sealed sections of an organisation's records opened, for one purpose, within 30 seconds: recorded by audit
 * first, then shown to the vault with each batch. One payload, one tag per audience. A type of its own: nothing that asks
 * for a grant takes it for one, and the other way round.
 */
export const readingClaimsSchema = z
  .strictObject({
    ...registeredClaims,
    aud: z.array(serviceNameSchema).min(1).max(4),
    ...decidedClaims,
    op: z.literal(READING_OPERATION),
    purpose: readingPurposeSchema,
    about: readingAboutSchema,
    /** How many boxes at most. */
    boxes: z.int().min(1).max(MAX_READING_BOXES),
    /** SHA-256 of the reply key that the vault may seal to. */
    rkh: hash32Schema,
  })
  .omit({ tool: true, tdg: true, label: true, ad: true, inp: true });
export type ReadingClaims = z.infer<typeof readingClaimsSchema>;

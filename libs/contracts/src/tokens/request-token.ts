import { z } from 'zod';
import { hash32Schema } from '../messages/fields.js';
import { registeredClaims } from './token-fields.js';

/** On every request: who sends exactly this body to exactly this subject. */
export const requestClaimsSchema = z.strictObject({
  ...registeredClaims,
  /** SHA-256("portcullis/v1/request\0" ‖ LP(subject) ‖ LP(body)). */
  reqh: hash32Schema,
});
export type RequestClaims = z.infer<typeof requestClaimsSchema>;

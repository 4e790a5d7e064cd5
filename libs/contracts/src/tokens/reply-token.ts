import { z } from 'zod';
import { hash32Schema } from '../messages/fields.js';
import { registeredClaims } from './token-fields.js';

/** On every answer: the callee gave exactly this body to exactly this request. */
export const replyClaimsSchema = z.strictObject({
  ...registeredClaims,
  /** SHA-256 of the request token's payload: its `jti` makes the answer to an equal, older request worthless. */
  reqh: hash32Schema,
  /** SHA-256 of the answer's body. */
  bodyh: hash32Schema,
});
export type ReplyClaims = z.infer<typeof replyClaimsSchema>;

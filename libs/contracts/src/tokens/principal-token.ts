import { z } from 'zod';
import { ulidSchema } from '../encoding/ids.js';
import { actClaim, kindClaim, registeredClaims } from './token-fields.js';

/** Who asks, as control has authenticated it: one assertion per audience, at most 60 seconds. */
export const principalClaimsSchema = z.strictObject({
  ...registeredClaims,
  org: ulidSchema,
  sub: ulidSchema,
  act: actClaim,
  kind: kindClaim,
  scopes: z.array(z.string().min(1).max(64)).max(32),
  /** Session or API key. */
  sid: z.string().min(1).max(128),
  /** How it was authenticated, RFC 8176 values where there is one. */
  amr: z.array(z.string().min(1).max(32)).max(8),
  /** Generation of the session or key: a revoked one is refused by number. */
  gen: z.int().min(0),
});
export type PrincipalClaims = z.infer<typeof principalClaimsSchema>;

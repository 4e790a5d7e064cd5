import { randomFillSync } from 'node:crypto';
import { z } from 'zod';
import { serviceNameSchema } from '../trust/identity.js';

/** Claims that every token has. Times are whole seconds since the epoch. */
export const registeredClaims = {
  iss: serviceNameSchema,
  aud: serviceNameSchema,
  /** 128 random bits, base64url. */
  jti: z.string().regex(/^[A-Za-z0-9_-]{22}$/),
  iat: z.int().min(0),
  exp: z.int().min(0),
};

/** The application and the agent through which the subject acts. */
export const actClaim = z.strictObject({
  client: z.string().max(128).nullable(),
  agent: z.string().max(128).nullable(),
});

export const kindClaim = z.enum(['user', 'agent', 'system']);

const POOL_SIZE = 4096;
const JTI_SIZE = 16;
const pool = Buffer.alloc(POOL_SIZE);
let used = POOL_SIZE;

/** A new `jti`. Random bytes are fetched in blocks: one system call per token would cost as much as its tag. */
export function newJti(): string {
  if (used === POOL_SIZE) {
    randomFillSync(pool);
    used = 0;
  }
  const jti = pool.toString('base64url', used, used + JTI_SIZE);
  used += JTI_SIZE;
  return jti;
}

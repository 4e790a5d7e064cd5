import { z } from 'zod';
import { ulidSchema } from '../encoding/ids.js';
import { slugSchema } from '../messages/fields.js';
import { ADMIN_OPERATIONS, OPERATIONS } from '../messages/policy.js';
import { decidedClaims } from './grant-token.js';
import { READING_OPERATION } from './reading-token.js';
import { registeredClaims } from './token-fields.js';

/** Policy's own statement that it said no, so that audit need not take the asker's word for it. Opens nothing. */
export const denialClaimsSchema = z.strictObject({
  ...registeredClaims,
  ...decidedClaims,
  op: z.enum([...OPERATIONS, ...ADMIN_OPERATIONS, READING_OPERATION]),
  /** Null where the operation is about no server. */
  srv: ulidSchema.nullable(),
  slug: slugSchema.nullable(),
  decision: z.enum(['deny', 'approval_required']),
  reasons: z
    .array(
      z.strictObject({
        code: z.string().min(1).max(64),
        rule: z.string().max(128).nullable(),
        message: z.string().max(1000),
      }),
    )
    .max(16),
});
export type DenialClaims = z.infer<typeof denialClaimsSchema>;

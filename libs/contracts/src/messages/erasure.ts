import { z } from 'zod';
import { hash32Schema, jwsSchema, ulidSchema } from './fields.js';

/**
 * What is to be gone for good: every secret of a `server`, whoever owns it; every secret of a `user`; or whatever there is of a
 * person as a data `subject`: secrets, every version of their owner key, and the key that personal fields are sealed to.
 */
export const eraseArgumentsSchema = z.strictObject({
  what: z.enum(['server', 'user', 'subject']),
  /** Id of the server, or of the user. */
  id: ulidSchema,
});
export type EraseArguments = z.infer<typeof eraseArgumentsSchema>;

/** The operation that policy has to have granted for each. */
export const ERASURE_OPERATION_OF = {
  server: 'secret.deleteServer',
  user: 'secret.deleteUser',
  subject: 'subject.erase',
} as const satisfies Record<EraseArguments['what'], string>;

export const ERASURE_OPERATIONS = Object.values(ERASURE_OPERATION_OF);
export type ErasureOperation = (typeof ERASURE_OPERATIONS)[number];

export const isErasureOperation = (operation: string): operation is ErasureOperation =>
  (ERASURE_OPERATIONS as readonly string[]).includes(operation);

/** As for a change to a secret: grant, receipt, and the arguments whose digest the grant has. */
export const eraseRequestSchema = z.strictObject({
  grant: jwsSchema,
  receipt: jwsSchema,
  argumentSalt: hash32Schema,
  arguments: eraseArgumentsSchema,
});
export type EraseRequest = z.infer<typeof eraseRequestSchema>;

/** How much was destroyed by this very request; all zero when nothing was left. */
export const eraseReplySchema = z.strictObject({
  secrets: z.int().min(0),
  /** Each version counts. */
  ownerKeys: z.int().min(0),
  subjectKeys: z.int().min(0),
});
export type EraseReply = z.infer<typeof eraseReplySchema>;

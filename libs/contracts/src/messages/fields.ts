import { z } from 'zod';
import { ulidSchema } from '../encoding/ids.js';

/** Fields that several messages share. Every bound is part of the contract: what exceeds it is refused. */

/** Slug of a server: `[a-z0-9][a-z0-9-]{0,23}`; never `__`, which joins slug and tool on the aggregated endpoint. */
export const slugSchema = z.string().regex(/^[a-z0-9][a-z0-9-]{0,23}$/, 'must match [a-z0-9][a-z0-9-]{0,23}');

/** Tool names as MCP 2026-07-28 recommends them (1..128 of A-Z a-z 0-9 _ - . /): look-alikes can't be written. */
export const toolNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9_./-]{1,128}$/, 'must be 1 to 128 of A-Z a-z 0-9 _ - . /');

/** Name of a role, a credential slot or a rule. */
export const nameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'must match [a-z0-9][a-z0-9_-]{0,62}');

/** SHA-256 or 32 random bytes in unpadded base64url. */
export const hash32Schema = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'must be 32 bytes in base64url');

/** Unpadded base64url of any length up to 256 KiB of text. */
export const base64urlSchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]*$/, 'must be base64url')
  .max(262_144);

/** A compact JWS. */
export const jwsSchema = z
  .string()
  .max(16_384)
  .regex(/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/, 'must be a compact JWS');

/** Where a credential may travel: a canonical origin such as `https://mcp.example.com`. */
export const destinationSchema = z.string().min(8).max(300);

/** RFC 3339 time in UTC with milliseconds. Not of the year 0000, which databases don't have. */
export const timeSchema = z.iso
  .datetime({ precision: 3 })
  .refine((time) => !time.startsWith('0000'), 'must be of the year 0001 or later');

export const labelSchema = z.enum(['read', 'write', 'destructive']);
export type ToolLabel = z.infer<typeof labelSchema>;

export const ownerKindSchema = z.enum(['organisation', 'user']);
export type OwnerKind = z.infer<typeof ownerKindSchema>;

/** A credential that a server needs: whose it is decides which secret the vault looks for. */
export const slotSchema = z.strictObject({ slot: nameSchema, owner: ownerKindSchema });
export type CredentialSlot = z.infer<typeof slotSchema>;

export const actorKindSchema = z.enum(['user', 'agent', 'system', 'service']);

/**
 * Personal data of one person, sealed with HPKE (RFC 9180) to that person's key, whose private half only the vault
 * can unwrap. Destroying the key erases the data wherever the box has been copied to.
 */
export const sealedBoxSchema = z.strictObject({
  subject: ulidSchema,
  keyId: ulidSchema,
  enc: hash32Schema,
  /** Number of the message in its sender's context (RFC 9180 section 5.2); 0 where it isn't said. */
  seq: z
    .int()
    .min(1)
    .max(2 ** 32 - 1)
    .optional(),
  ciphertext: base64urlSchema,
});
export type SealedBox = z.infer<typeof sealedBoxSchema>;

export { ulidSchema };

import { z } from 'zod';
import { hash32Schema, jwsSchema, timeSchema, ulidSchema } from './fields.js';

/** Id of a key-encryption key, with its version where it has versions: `local-1`, `local-1:v2`, `vault:main:v3`, `aws:main`. */
export const kekIdSchema = z.string().regex(/^[a-z0-9][a-z0-9._:-]{0,79}$/, 'must be the id of a key');

/** Owner keys by the key-encryption key that wraps them. */
const keysByKekSchema = z.record(kekIdSchema, z.int().min(0));

/** What a rewrap has done. The counts are of owner keys. */
export const rotationReportSchema = z.strictObject({
  v: z.literal(1),
  rewrap: ulidSchema,
  /** What everything was to be wrapped by, but for organisations with a key of their own. */
  target: kekIdSchema,
  /** Those that have a key of their own which seals, and those that were passed over. `problem`: why one was. */
  organisations: z.array(
    z.strictObject({ org: ulidSchema, target: kekIdSchema, problem: z.string().nullable() }),
  ),
  requestedBy: z.strictObject({ org: ulidSchema, kind: z.string(), sub: z.string() }),
  startedAt: timeSchema,
  endedAt: timeSchema,
  before: keysByKekSchema,
  after: keysByKekSchema,
  moved: z.int().min(0),
  /** What is not under its target: it did not open, or its organisation was passed over. All of it, and the first hundred. */
  unmoved: z.int().min(0),
  unmovedKeys: z.array(
    z.strictObject({ org: ulidSchema, keyId: ulidSchema, version: z.int().min(1), kekId: kekIdSchema }),
  ),
  passes: z.int().min(1),
});
export type RotationReport = z.infer<typeof rotationReportSchema>;

/** `sig`: Ed25519 by the vault's `sign` key `kid` over "portcullis/v1/rotation-report\0" ‖ canonical JSON of `report`. */
export const signedRotationReportSchema = z.strictObject({
  report: rotationReportSchema,
  kid: z.string(),
  sig: z.string(),
});
export type SignedRotationReport = z.infer<typeof signedRotationReportSchema>;

export const keksReplySchema = z.strictObject({
  /** What seals now for everybody who has no key of their own. */
  primary: kekIdSchema,
  /** What is configured, and what wraps something although it is not: then it neither seals nor opens. */
  keks: z.array(
    z.strictObject({
      kekId: kekIdSchema,
      seals: z.boolean(),
      opens: z.boolean(),
      /** Whose key it is: null for the installation's. */
      organisation: ulidSchema.nullable(),
      /** Why a customer's service does not say what its key may do now: it is then shown without its version. */
      problem: z.string().nullable(),
      ownerKeys: z.int().min(0),
    }),
  ),
  /** The rewrap that is under way. `problem`: what holds it up; it goes on by itself. */
  rewrap: z
    .strictObject({
      rewrap: ulidSchema,
      target: kekIdSchema,
      moved: z.int().min(0),
      failed: z.int().min(0),
      remaining: z.int().min(0),
      rowsPerSecond: z.int().min(1),
      startedAt: timeSchema,
      problem: z.string().nullable(),
    })
    .nullable(),
  lastReport: signedRotationReportSchema.nullable(),
});
export type KeksReply = z.infer<typeof keksReplySchema>;

/** The assertion is of an admin of the home organisation, made for the vault. */
export const keksRequestSchema = z.strictObject({ assertion: jwsSchema });
export type KeksRequest = z.infer<typeof keksRequestSchema>;

/** As for a change to a secret: grant, receipt, and the arguments whose digest the grant has. */
const changeOf = <A extends z.ZodType>(args: A) =>
  z.strictObject({ grant: jwsSchema, receipt: jwsSchema, argumentSalt: hash32Schema, arguments: args });

/** Which key is meant: whoever asks says what they take for the primary. */
export const rotateKekArgumentsSchema = z.strictObject({ primary: kekIdSchema });
export const rotateKekRequestSchema = changeOf(rotateKekArgumentsSchema);
export type RotateKekRequest = z.infer<typeof rotateKekRequestSchema>;
export const rotateKekReplySchema = z.strictObject({ primary: kekIdSchema });
export type RotateKekReply = z.infer<typeof rotateKekReplySchema>;

export const MAX_REWRAP_RATE = 100_000;
export const rewrapArgumentsSchema = z.strictObject({
  /** Owner keys a second, at most. */
  rowsPerSecond: z.int().min(1).max(MAX_REWRAP_RATE),
});
export const rewrapRequestSchema = changeOf(rewrapArgumentsSchema);
export type RewrapRequest = z.infer<typeof rewrapRequestSchema>;
export const rewrapReplySchema = z.strictObject({ rewrap: ulidSchema, target: kekIdSchema });
export type RewrapReply = z.infer<typeof rewrapReplySchema>;

export const retireKekArgumentsSchema = z.strictObject({ kekId: kekIdSchema });
export const retireKekRequestSchema = changeOf(retireKekArgumentsSchema);
export type RetireKekRequest = z.infer<typeof retireKekRequestSchema>;
export const retireKekReplySchema = z.strictObject({ retired: kekIdSchema });
export type RetireKekReply = z.infer<typeof retireKekReplySchema>;

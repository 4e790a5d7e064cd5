import { z } from 'zod';
import { lp } from '../encoding/length-prefix.js';
import { canonicalBytes } from '../encoding/canonical-json.js';
import { sha256 } from '../encoding/sha256.js';
import { payloadHash } from '../tokens/compact-jws.js';
import { MAX_READING_BOXES } from '../tokens/reading-token.js';
import { hash32Schema, jwsSchema, sealedBoxSchema, ulidSchema } from './fields.js';

/** Boxes of one message. */
export const MAX_SECTIONS = 256;
/** What the ciphertexts of one message to the vault may have together, characters: the answer has to fit into one, too. */
export const MAX_SECTIONS_TEXT = 393_216;
/** The most batches that one leave can be for. */
const MAX_BATCHES = MAX_READING_BOXES / MAX_SECTIONS;

/**
 * Sealed sections of calls, by the ids of their records. Policy says which organisation, as in
 * {@link decidedCallsRequestSchema}. What it is answered with only the vault can open.
 */
export const sealedSectionsRequestSchema = z.strictObject({
  org: ulidSchema,
  recordIds: z.array(ulidSchema).min(1).max(MAX_SECTIONS),
});
export type SealedSectionsRequest = z.infer<typeof sealedSectionsRequestSchema>;

/**
 * One element for each of the first ids that were asked for, in their order, as many as fit into a message, at least one;
 * the others are to be asked for again. `box` is about the person who made the call: null where the record has none, or
 * there is no such record of a call.
 */
export const sealedSectionsReplySchema = z.strictObject({
  sections: z.array(z.strictObject({ recordId: ulidSchema, box: sealedBoxSchema.nullable() })).min(1),
});
export type SealedSectionsReply = z.infer<typeof sealedSectionsReplySchema>;

/**
 * A batch of boxes to be opened. Organisation, purpose and reader are those of leave and assertion; a request can't say them.
 * Each batch of one leave has another number, and serves once.
 */
export const openSectionsRequestSchema = z.strictObject({
  /** Policy's leave (`pc-reading+jwt`) with its tag for the vault, and audit's receipt that it is recorded. */
  reading: jwsSchema,
  receipt: jwsSchema,
  /** Of the admin for whom it happens, made by control for the vault within the last minute. */
  assertion: jwsSchema,
  batch: z
    .int()
    .min(0)
    .max(MAX_BATCHES - 1),
  /** X25519 public key; SHA-256 of it stands in the leave. */
  replyKey: hash32Schema,
  boxes: z
    .array(sealedBoxSchema)
    .min(1)
    .max(MAX_SECTIONS)
    .refine(
      (boxes) => boxes.reduce((sum, { ciphertext }) => sum + ciphertext.length, 0) <= MAX_SECTIONS_TEXT,
      `must have ${MAX_SECTIONS_TEXT} characters of ciphertext together at most`,
    ),
});
export type OpenSectionsRequest = z.infer<typeof openSectionsRequestSchema>;

/** Sealed message of purpose `sections`; its plaintext is {@link openedSectionsSchema}. */
export const openSectionsReplySchema = z.strictObject({
  sealed: z
    .string()
    .regex(/^[A-Za-z0-9_-]*$/, 'must be base64url')
    .max(655_360),
});
export type OpenSectionsReply = z.infer<typeof openSectionsReplySchema>;

/** The value at one path into the arguments, or that nothing is there: `ReferencedArgument`. */
const referencedArgumentSchema = z.union([
  z.tuple([z.array(z.string())]),
  z.tuple([z.array(z.string()), z.json()]),
]);

/** What the gateway seals of a call, as far as anybody asks for it. */
export const sealedSectionSchema = z.object({
  /** Address of the client, as the gateway has seen it. */
  ip: z.string().nullish(),
  arguments: z.array(referencedArgumentSchema).optional(),
});

/** What the vault gives of a section for the purpose `simulation`. */
export const simulationSectionSchema = z.strictObject({
  ip: z.string().nullable(),
  arguments: z.array(referencedArgumentSchema),
});
export type SimulationSection = z.infer<typeof simulationSectionSchema>;

/**
 * One element for each box, in order. `erased`: the organisation has no such key of this person, or not any more.
 * `unreadable`: the box is not what was sealed to that key about that person of this organisation.
 */
export const openedSectionsSchema = z.array(
  z.discriminatedUnion('state', [
    z.strictObject({ state: z.literal('opened'), section: simulationSectionSchema }),
    z.strictObject({ state: z.literal('erased') }),
    z.strictObject({ state: z.literal('unreadable') }),
  ]),
);
export type OpenedSection = z.infer<typeof openedSectionsSchema>[number];

/** What the sealed answer to `vault.v1.openSections` is bound to. Vault and policy compute it alike. */
export interface SectionsSealing {
  purpose: 'sections';
  /** SHA-256 of the leave's payload ‖ SHA-256(receipt) */
  binding: Buffer;
  /** SHA-256("portcullis/v1/sections\0" ‖ LP(reading) ‖ LP(receipt) ‖ LP(canonical JSON of {batch, boxes, replyKey})) */
  aad: Buffer;
}

/** An answer moved to another leave, batch, box or reply key does not open. */
export function sectionsSealing(request: OpenSectionsRequest): SectionsSealing {
  const { reading, receipt, batch, replyKey, boxes } = request;
  const asked = canonicalBytes({ batch, boxes: boxes.map((box) => ({ ...box })), replyKey });
  return {
    purpose: 'sections',
    binding: Buffer.concat([payloadHash(reading), sha256(receipt)]),
    aad: sha256('portcullis/v1/sections\0', lp(reading, receipt, asked)),
  };
}

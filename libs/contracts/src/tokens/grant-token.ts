import { z } from 'zod';
import { ulidSchema } from '../encoding/ids.js';
import {
  destinationSchema,
  hash32Schema,
  labelSchema,
  slotSchema,
  slugSchema,
  toolNameSchema,
} from '../messages/fields.js';
import { ERASURE_OPERATIONS, isErasureOperation } from '../messages/erasure.js';
import { decisionInputsSchema } from '../messages/decision-inputs.js';
import { OPERATIONS } from '../messages/policy.js';
import { serviceNameSchema } from '../trust/identity.js';
import { actClaim, kindClaim, registeredClaims } from './token-fields.js';

/** Changes of the vault's key-encryption keys: about no server. */
export const KEK_OPERATIONS = ['kek.rotate', 'kek.rewrap', 'kek.retire'] as const;
export type KekOperation = (typeof KEK_OPERATIONS)[number];

/** Whatever needs a credential, the two operations that change one, those that destroy, and those on the keys above them all. */
export const GRANT_OPERATIONS = [
  ...OPERATIONS,
  'secret.put',
  'secret.delete',
  ...ERASURE_OPERATIONS,
  ...KEK_OPERATIONS,
] as const;

/** What a grant and a denial both say: who, what was asked, and by which policy it was decided. */
export const decidedClaims = {
  org: ulidSchema,
  sub: ulidSchema,
  act: actClaim,
  kind: kindClaim,
  sid: z.string().min(1).max(128),
  /** SHA-256 of the assertion's payload. */
  pah: hash32Schema,
  call: ulidSchema,
  attempt: z.int().min(1).max(1000),
  /** Decision id. */
  did: ulidSchema,
  /** Revision of the policy stream, and SHA-256 of the canonical policy at that revision. */
  rev: z.int().min(0),
  pdg: hash32Schema,
  tool: toolNameSchema.nullable(),
  /** Digest of the tool's definition. */
  tdg: hash32Schema.nullable(),
  label: labelSchema.nullable(),
  /** Argument digest. */
  ad: hash32Schema.nullable(),
  /** The deciding rule. */
  rule: z.string().min(1).max(128),
  /** What else was decided on. Missing in statements about administrative operations, and in old ones. */
  inp: decisionInputsSchema.optional(),
};

/**
 * Leave to do one thing once, within 30 seconds: recorded by audit first, then redeemed at the vault. One payload, one
 * tag per audience.
 */
export const grantClaimsSchema = z
  .strictObject({
    ...registeredClaims,
    aud: z.array(serviceNameSchema).min(1).max(4),
    ...decidedClaims,
    op: z.enum(GRANT_OPERATIONS),
    /** Server, its slug and its destination: null exactly in operations on key-encryption keys and in erasures. */
    srv: ulidSchema.nullable(),
    slug: slugSchema.nullable(),
    dst: destinationSchema.nullable(),
    /** Credentials that may be opened, each with whose it is. */
    slots: z.array(slotSchema).max(16),
    /** Approval id. */
    apr: ulidSchema.nullable(),
    /** SHA-256 of the reply key that the vault may seal to. */
    rkh: hash32Schema.nullable(),
  })
  .refine(
    ({ op, srv, slug, dst }) => [srv, slug, dst].every((place) => (place === null) === isPlaceless(op)),
    'a grant names a server, its slug and its destination unless it is about key-encryption keys or an erasure',
  );
export type GrantClaims = z.infer<typeof grantClaimsSchema>;

export const isKekOperation = (operation: string): operation is KekOperation =>
  (KEK_OPERATIONS as readonly string[]).includes(operation);

/** An erasure needs no destination: nothing goes anywhere, and what it is about stands in its arguments. */
const isPlaceless = (operation: string): boolean =>
  isKekOperation(operation) || isErasureOperation(operation);

import { z } from 'zod';
import {
  base64urlSchema,
  destinationSchema,
  hash32Schema,
  jwsSchema,
  nameSchema,
  ownerKindSchema,
  timeSchema,
  ulidSchema,
} from './fields.js';

export const openRequestSchema = z.strictObject({
  /** `grants.vault` of the authorization. */
  grant: jwsSchema,
  receipt: jwsSchema,
  /** The gateway's ephemeral X25519 public key; SHA-256 of it stands in the grant. */
  replyKey: hash32Schema,
});
export type OpenRequest = z.infer<typeof openRequestSchema>;

/** Sealed message (formats.md) of purpose `open`; its plaintext is {@link openedCredentialsSchema}. */
export const openReplySchema = z.strictObject({ sealed: base64urlSchema });
export type OpenReply = z.infer<typeof openReplySchema>;

/** Slot → credential. Exists in clear only inside the vault and the gateway, for one call. */
export const openedCredentialsSchema = z.record(nameSchema, z.string());

/** Where a secret belongs. All of it is bound into the ciphertext: moving a row makes it unopenable. */
export const secretTargetSchema = z.strictObject({
  ownerKind: ownerKindSchema,
  owner: ulidSchema,
  srv: ulidSchema,
  slot: nameSchema,
  dst: destinationSchema,
});
export type SecretTarget = z.infer<typeof secretTargetSchema>;

/** HPKE base mode to the vault's `seal` key, info `portcullis/v1/put`, aad = JCS of `{org, ...target}`. */
export const sealedPutSchema = z.strictObject({
  kid: z.string().max(64),
  enc: hash32Schema,
  ciphertext: base64urlSchema,
});
export type SealedPut = z.infer<typeof sealedPutSchema>;

export const putArgumentsSchema = z.strictObject({ target: secretTargetSchema, sealed: sealedPutSchema });
export type PutArguments = z.infer<typeof putArgumentsSchema>;

/** `arguments` is what the grant's argument digest was computed on; `argumentSalt` is the salt of that digest. */
export const putRequestSchema = z.strictObject({
  grant: jwsSchema,
  receipt: jwsSchema,
  argumentSalt: hash32Schema,
  arguments: putArgumentsSchema,
});
export type PutRequest = z.infer<typeof putRequestSchema>;

/** Metadata only: no answer of the vault to anybody but `open` carries more than these fields. */
export const secretMetadataSchema = z.strictObject({
  secretId: ulidSchema,
  ...secretTargetSchema.shape,
  version: z.int().min(1),
  /** The last four characters, or null where the secret is shorter than twelve. */
  last4: z.string().nullable(),
  createdAt: timeSchema,
  updatedAt: timeSchema,
  suspended: z.boolean(),
});
export type SecretMetadata = z.infer<typeof secretMetadataSchema>;

export const deleteArgumentsSchema = z.strictObject({ target: secretTargetSchema });
export const deleteRequestSchema = z.strictObject({
  grant: jwsSchema,
  receipt: jwsSchema,
  argumentSalt: hash32Schema,
  arguments: deleteArgumentsSchema,
});
export type DeleteRequest = z.infer<typeof deleteRequestSchema>;
export const deleteReplySchema = z.strictObject({ deleted: z.boolean() });
export type DeleteReply = z.infer<typeof deleteReplySchema>;

/** The organisation comes from the assertion (audience vault). */
export const listSecretsRequestSchema = z.strictObject({ assertion: jwsSchema, srv: ulidSchema.nullable() });
export type ListSecretsRequest = z.infer<typeof listSecretsRequestSchema>;
export const listSecretsReplySchema = z.strictObject({ secrets: z.array(secretMetadataSchema) });
export type ListSecretsReply = z.infer<typeof listSecretsReplySchema>;

/** Makes the key that personal fields about this subject are sealed to; the same answer when it exists already. */
export const createSubjectKeyRequestSchema = z.strictObject({ org: ulidSchema, subject: ulidSchema });
export type CreateSubjectKeyRequest = z.infer<typeof createSubjectKeyRequestSchema>;
export const subjectKeySchema = z.strictObject({ keyId: ulidSchema, publicKey: hash32Schema });
export type SubjectKey = z.infer<typeof subjectKeySchema>;

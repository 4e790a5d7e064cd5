import { isIP } from 'node:net';
import { z } from 'zod';
import { ERASURE_OPERATIONS } from './erasure.js';
import {
  hash32Schema,
  jwsSchema,
  labelSchema,
  slotSchema,
  slugSchema,
  toolNameSchema,
  ulidSchema,
} from './fields.js';

/** Whatever needs a credential is authorised and recorded the same way: a closed union. */
export const OPERATIONS = [
  'tool.call',
  'resource.read',
  'prompt.get',
  'catalog.read',
  'session.open',
  'stream.open',
  'sandbox.start',
] as const;
export const operationSchema = z.enum(OPERATIONS);
export type Operation = z.infer<typeof operationSchema>;

/** Operations of the admin API. Only those that the vault carries out bring a grant. */
export const ADMIN_OPERATIONS = [
  'organisation.create',
  'directory.read',
  'directory.write',
  'policy.read',
  'policy.write',
  'secret.list',
  'secret.put',
  'secret.delete',
  ...ERASURE_OPERATIONS,
  'kek.read',
  'kek.rotate',
  'kek.rewrap',
  'kek.retire',
  'audit.read',
  'audit.export',
] as const;
export const adminOperationSchema = z.enum(ADMIN_OPERATIONS);
export type AdminOperation = z.infer<typeof adminOperationSchema>;

/** What the upstream says about its tool. It may raise a label, never lower it. */
export const annotationsSchema = z.strictObject({
  readOnlyHint: z.boolean().optional(),
  destructiveHint: z.boolean().optional(),
});
export type ToolAnnotations = z.infer<typeof annotationsSchema>;

/** The hints that count, of whatever a definition says under `annotations`: what is no boolean says nothing. */
export function toolAnnotationsOf(value: unknown): ToolAnnotations {
  if (value === null || typeof value !== 'object') return {};
  const { readOnlyHint, destructiveHint } = value as Record<string, unknown>;
  return {
    ...(typeof readOnlyHint === 'boolean' ? { readOnlyHint } : {}),
    ...(typeof destructiveHint === 'boolean' ? { destructiveHint } : {}),
  };
}

/** Facts about the request that conditions may use. The record has all of them but the address, which is sealed. */
export const contextSchema = z.strictObject({
  protocol: z.string().max(32).optional(),
  transport: z.enum(['http', 'grpc', 'nats']).optional(),
  /** Address of the client (IPv4 or IPv6, no zone), as far as the caller trusts its proxies. */
  ip: z
    .string()
    .refine((address) => isIP(address) !== 0 && !address.includes('%'), 'must be an IPv4 or IPv6 address')
    .optional(),
});
export type DecisionContext = z.infer<typeof contextSchema>;

export const authorizeRequestSchema = z.strictObject({
  assertion: jwsSchema,
  operation: operationSchema,
  srv: ulidSchema,
  /** Null for operations that name no tool. */
  tool: toolNameSchema.nullable(),
  /** Digest of the tool's definition as the gateway has seen it; null where there is no tool. */
  observedDigest: hash32Schema.nullable(),
  annotations: annotationsSchema.optional(),
  /** The value that is decided on and whose digest goes into the grant; null where there are none. */
  arguments: z.json().nullable(),
  context: contextSchema,
  /** SHA-256 of the key that the vault has to seal its answer to; null when no credential will be opened. */
  replyKeyHash: hash32Schema.nullable(),
  call: ulidSchema,
  attempt: z.int().min(1).max(1000),
});
export type AuthorizeRequest = z.infer<typeof authorizeRequestSchema>;

export const reasonSchema = z.strictObject({
  /** Stable, machine-readable: `no_rule_allows`, `rule_denies`, `unlabelled_tool`, `not_a_member`, … */
  code: z.string().max(64),
  /** Id of the rule that decided, null where none did. */
  rule: z.string().max(128).nullable(),
  message: z.string().max(1000),
});
export type DecisionReason = z.infer<typeof reasonSchema>;

const decisionFields = {
  decision: z.enum(['allow', 'deny', 'approval_required']),
  decisionId: ulidSchema,
  /** Revision of the organisation's policy stream that the decision was made at. */
  revision: z.int().min(0),
  /** SHA-256 of the canonical policy of that revision. */
  policyDigest: hash32Schema,
  /** The deciding rule: a rule's id, or a built-in such as `default-deny`, `unlabelled-tool`, `not-a-member`. */
  rule: z.string().max(128),
  label: labelSchema.nullable(),
  reasons: z.array(reasonSchema).max(16),
  /** One sentence for people: which rule, which revision, and how to ask for access. */
  message: z.string().max(2000),
};

/** What `check` answers: a decision, never a grant. */
export const decisionSchema = z.strictObject(decisionFields);
export type Decision = z.infer<typeof decisionSchema>;

export const grantsSchema = z.strictObject({ audit: jwsSchema, vault: jwsSchema });
export type Grants = z.infer<typeof grantsSchema>;

/** Argument paths of one tool that a record keeps values of. */
export const MAX_ARGUMENT_PATHS = 64;

/** An allow brings `grants` and the salt of the argument digest; anything else brings `denial`, to be recorded. */
export const authorizationSchema = z.strictObject({
  ...decisionFields,
  grants: grantsSchema.nullable(),
  denial: jwsSchema.nullable(),
  argumentSalt: hash32Schema.nullable(),
  /** Paths into the arguments that rules about this tool look at: their values belong into the sealed section. */
  argumentPaths: z
    .array(z.array(z.string().max(1024)).max(16))
    .max(MAX_ARGUMENT_PATHS)
    .optional(),
});
export type Authorization = z.infer<typeof authorizationSchema>;

export const authorizeAdminRequestSchema = z.strictObject({
  assertion: jwsSchema,
  operation: adminOperationSchema,
  /** Needed for `secret.put` and `secret.delete`, null otherwise. */
  secret: z
    .strictObject({
      srv: ulidSchema,
      slot: slotSchema,
      /** Organisation or user that the secret belongs to. */
      owner: ulidSchema,
      /** Exactly what the vault will be sent beside grant and receipt; its digest goes into the grant. */
      arguments: z.json(),
    })
    .nullable(),
  /** Needed for an operation that changes key-encryption keys: what the vault will be sent, as above. */
  kek: z.strictObject({ arguments: z.json() }).optional(),
  /** Needed for an operation that erases, as above. */
  erasure: z.strictObject({ arguments: z.json() }).optional(),
  call: ulidSchema,
});
export type AuthorizeAdminRequest = z.infer<typeof authorizeAdminRequestSchema>;

export const filterToolsRequestSchema = z.strictObject({
  assertion: jwsSchema,
  srv: ulidSchema,
  tools: z
    .array(
      z.strictObject({
        name: toolNameSchema,
        digest: hash32Schema,
        annotations: annotationsSchema.optional(),
      }),
    )
    .max(2000),
});
export type FilterToolsRequest = z.infer<typeof filterToolsRequestSchema>;

/**
 * Tools as the gateway has just seen their server describe them. Policy computes the digests itself, and pins what it sees
 * for the first time.
 */
export const observeToolsRequestSchema = z.strictObject({
  assertion: jwsSchema,
  srv: ulidSchema,
  tools: z.array(z.record(z.string(), z.json())).min(1).max(500),
});
export type ObserveToolsRequest = z.infer<typeof observeToolsRequestSchema>;

/** From this revision on decisions know the definitions. */
export const observeToolsReplySchema = z.strictObject({ revision: z.int().min(0) });
export type ObserveToolsReply = z.infer<typeof observeToolsReplySchema>;

/** The tools that some call of this principal could be allowed to use, in the order asked. */
export const filteredToolsSchema = z.strictObject({
  allowed: z.array(toolNameSchema),
  revision: z.int().min(0),
});
export type FilteredTools = z.infer<typeof filteredToolsSchema>;

/**
 * The lowest revision of the organisation's policy that an answer may be based on: a replica that has not got it waits for
 * at most 200 ms and then answers `STALE`. Absent: whatever the replica has.
 */
export const atLeastRevisionSchema = z.int().min(0).optional();

/** May `principal` do `operation` on `server`/`tool`? The organisation comes from the caller's credential. */
export const checkRequestSchema = z.strictObject({
  principal: ulidSchema,
  operation: operationSchema,
  server: slugSchema,
  tool: toolNameSchema.nullable(),
  arguments: z.json().nullable(),
  context: contextSchema,
  atLeastRevision: atLeastRevisionSchema,
});
export type CheckRequest = z.infer<typeof checkRequestSchema>;

import { z } from 'zod';
import {
  base64urlSchema,
  destinationSchema,
  hash32Schema,
  jwsSchema,
  nameSchema,
  ownerKindSchema,
  slugSchema,
  ulidSchema,
} from './fields.js';

/** Counts the changes of all organisations, in the order in which they became durable. */
const positionSchema = z.int().min(0);

/**
 * The presented API key as a sealed message of purpose `api-key` from the gateway's to control's `seal` key; the
 * binding and the aad are SHA-256 of `nonce`, so that a sealed key can't be moved to another request.
 */
export const authenticateRequestSchema = z.strictObject({
  nonce: hash32Schema,
  sealed: base64urlSchema,
  /** Address of the client, already hashed with the gateway's process key: only for limiting failures. */
  source: hash32Schema,
});
export type AuthenticateRequest = z.infer<typeof authenticateRequestSchema>;

export const principalSchema = z.strictObject({
  org: ulidSchema,
  sub: ulidSchema,
  kind: z.enum(['user', 'agent', 'system']),
  client: z.string().max(128).nullable(),
  agent: z.string().max(128).nullable(),
  scopes: z.array(z.string().max(64)).max(32),
  /** Id of the API key or session. */
  sid: z.string().max(128),
  gen: z.int().min(0),
  /** The key that personal fields about this principal are sealed to. */
  subjectKey: z.strictObject({ keyId: ulidSchema, publicKey: hash32Schema }),
});
export type Principal = z.infer<typeof principalSchema>;

/** `assertion` is for policy; it expires within 60 seconds and so does the right to use the principal. */
export const authenticateReplySchema = z.strictObject({
  principal: principalSchema,
  assertion: jwsSchema,
  /** Seconds since the epoch. */
  expiresAt: z.int(),
});
export type AuthenticateReply = z.infer<typeof authenticateReplySchema>;

/** Headers that say how a message travels: a credential there would change the request instead of joining it. */
const RESERVED_HEADERS =
  /^(host|connection|content-.*|transfer-encoding|te|trailer|upgrade|accept|accept-.*|expect|mcp-.*|proxy-.*|keep-alive)$/i;

/** How an opened credential is put into a request to the upstream. */
export const injectionSchema = z.strictObject({
  slot: nameSchema,
  owner: ownerKindSchema,
  header: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, 'must be the name of an HTTP header')
    .refine((name) => !RESERVED_HEADERS.test(name), 'is reserved by HTTP or MCP'),
  /** For example `Bearer ` (with the space), or empty. */
  prefix: z.string().max(32),
});
export type Injection = z.infer<typeof injectionSchema>;

export const serverEndpointSchema = z.strictObject({
  srv: ulidSchema,
  slug: slugSchema,
  name: z.string().max(120),
  url: z.url().max(2000),
  /** Canonical origin of `url`; the gateway compares it with the grant's. */
  dst: destinationSchema,
  slots: z.array(injectionSchema).max(16),
});
export type ServerEndpoint = z.infer<typeof serverEndpointSchema>;

/** The servers of one organisation; the gateway may keep the answer for 30 seconds, or until it is told of a change. */
export const directoryRequestSchema = z.strictObject({ org: ulidSchema });
export type DirectoryRequest = z.infer<typeof directoryRequestSchema>;
export const directoryReplySchema = z.strictObject({ servers: z.array(serverEndpointSchema).max(500) });
export type DirectoryReply = z.infer<typeof directoryReplySchema>;

/**
 * A replica that holds caches asks to keep serving for two seconds more, counted by its own clock from before it asked.
 * Which service it is of, the authenticated caller says.
 */
export const renewLeaseRequestSchema = z.strictObject({
  /** Names the process; made anew at each start. */
  replica: ulidSchema,
  /** Up to which position it has applied every change; null: it knows of none. */
  acknowledged: positionSchema.nullable(),
});
export type RenewLeaseRequest = z.infer<typeof renewLeaseRequestSchema>;

export const MAX_CHANGED_ORGANISATIONS = 1000;

export const renewLeaseReplySchema = z.strictObject({
  /** What to acknowledge once `changed` has been applied. */
  position: positionSchema,
  /** Organisations changed after what was acknowledged; null: too many to name, or nobody can say, so all of them. */
  changed: z.array(ulidSchema).max(MAX_CHANGED_ORGANISATIONS).nullable(),
  /** False: what the replica had been told before is not acknowledged yet, so it may not serve for longer. */
  extended: z.boolean(),
});
export type RenewLeaseReply = z.infer<typeof renewLeaseReplySchema>;

/** A replica that serves no more: nobody has to wait for it. */
export const releaseLeaseRequestSchema = z.strictObject({ replica: ulidSchema });
export type ReleaseLeaseRequest = z.infer<typeof releaseLeaseRequestSchema>;
export const releaseLeaseReplySchema = z.strictObject({});
export type ReleaseLeaseReply = z.infer<typeof releaseLeaseReplySchema>;

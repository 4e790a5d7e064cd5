import { z } from 'zod';
import { b64u } from '../encoding/base64url.js';
import { ulidSchema } from '../encoding/ids.js';
import { sha256 } from '../encoding/sha256.js';
import type { Secret } from '../sensitive/secret.js';
import { serviceNameSchema } from '../trust/identity.js';
import { keysOfToken, type ClientKeys, type ClientKeysOf } from './client-keys.js';
import { checkTag, claimsOf, payloadHash, readJws, sealJws } from './compact-jws.js';
import { refused } from './refused.js';
import { requestHash } from './request.js';
import { replyClaimsSchema } from './reply-token.js';
import { requestClaimsSchema } from './request-token.js';
import { newJti } from './token-fields.js';
import { checkIssued, checkNotExpired, seconds } from './token-times.js';
import { TOKEN_RULES } from './token-types.js';

const POLICY = serviceNameSchema.extract(['policy']);
const clientRequestClaimsSchema = requestClaimsSchema.extend({ iss: ulidSchema, aud: POLICY });
const clientReplyClaimsSchema = replyClaimsSchema.extend({ iss: POLICY, aud: ulidSchema });

const REQUEST = 'pc-request+jwt';
const REPLY = 'pc-reply+jwt';

/** What came in over an untrusted broker. */
export interface ReceivedMessage {
  subject: string;
  body: Uint8Array;
  jws: string;
}

export interface VerifiedClientRequest {
  clientId: string;
  reqh: Buffer;
  jti: string;
  /** Seconds since the epoch. */
  exp: number;
}

/** A policy client's `Pc-Request`: the form of a service's, `iss` and `kid` the client's id, under a key of its token. */
export function signClientRequest(
  token: Secret,
  subject: string,
  body: Uint8Array,
  now = new Date(),
): string {
  const { clientId, request } = keysOfToken(token);
  const claims = {
    iss: clientId,
    aud: 'policy',
    ...times(REQUEST, now),
    reqh: b64u(requestHash(subject, body)),
  };
  return sealJws(REQUEST, clientId, request, encode(clientRequestClaimsSchema.parse(claims)));
}

/**
 * Proves which policy client sent this body to this subject.
 *
 * @param keysOf keys of the current generation of a client, null when it is revoked or unknown.
 * @throws AppError `UNAUTHENTICATED` with `details.reason`.
 */
export function verifyClientRequest(
  keysOf: ClientKeysOf,
  message: ReceivedMessage,
  now: Date,
): VerifiedClientRequest {
  const jws = readJws(REQUEST, message.jws);
  const clientId = jws.kid;
  if (!ulidSchema.safeParse(clientId).success) throw refused('unknown_key');
  const keys = keysOf(clientId);
  if (keys === null) throw refused('revoked');
  checkTag(jws, keys.request);
  const parsed = clientRequestClaimsSchema.safeParse(claimsOf(jws));
  if (!parsed.success) throw refused('claims', parsed.error);
  const claims = parsed.data;
  if (claims.iss !== clientId) throw refused('issuer');
  checkIssued(claims, TOKEN_RULES[REQUEST].lifetime, now);
  checkNotExpired(claims, now);
  if (claims.reqh !== b64u(requestHash(message.subject, message.body))) throw refused('request_mismatch');
  return { clientId, reqh: payloadHash(message.jws), jti: claims.jti, exp: claims.exp };
}

/** Policy's `Pc-Reply` to a client's request. */
export function signClientReply(
  { clientId, reply }: Pick<ClientKeys, 'clientId' | 'reply'>,
  { reqh }: Pick<VerifiedClientRequest, 'reqh'>,
  body: Uint8Array,
  now = new Date(),
): string {
  const claims = {
    iss: 'policy',
    aud: clientId,
    ...times(REPLY, now),
    reqh: b64u(reqh),
    bodyh: b64u(sha256(body)),
  };
  return sealJws(REPLY, clientId, reply, encode(clientReplyClaimsSchema.parse(claims)));
}

/**
 * Proves that policy gave this body as its answer to this very request.
 *
 * @param exchange `request` is the `Pc-Request` token that was sent, `jws` the `Pc-Reply` that came with `body`.
 * @throws AppError `UNAUTHENTICATED` with `details.reason`.
 */
export function verifyClientReply(
  token: Secret,
  exchange: { request: string; body: Uint8Array; jws: string },
  now = new Date(),
): void {
  const { clientId, reply } = keysOfToken(token);
  const jws = readJws(REPLY, exchange.jws);
  if (jws.kid !== clientId) throw refused('unknown_key');
  checkTag(jws, reply);
  const parsed = clientReplyClaimsSchema.safeParse(claimsOf(jws));
  if (!parsed.success) throw refused('claims', parsed.error);
  const claims = parsed.data;
  if (claims.aud !== clientId) throw refused('audience');
  checkIssued(claims, TOKEN_RULES[REPLY].lifetime, now);
  checkNotExpired(claims, now);
  if (claims.reqh !== b64u(payloadHash(exchange.request))) throw refused('request_mismatch');
  if (claims.bodyh !== b64u(sha256(exchange.body))) throw refused('body_mismatch');
}

function times(type: typeof REQUEST | typeof REPLY, now: Date): { jti: string; iat: number; exp: number } {
  const iat = seconds(now);
  return { jti: newJti(), iat, exp: iat + TOKEN_RULES[type].lifetime };
}

const encode = (claims: z.infer<typeof clientRequestClaimsSchema | typeof clientReplyClaimsSchema>): string =>
  Buffer.from(JSON.stringify(claims), 'utf8').toString('base64url');

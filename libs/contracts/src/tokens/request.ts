import { b64u } from '../encoding/base64url.js';
import { lp } from '../encoding/length-prefix.js';
import { sha256 } from '../encoding/sha256.js';
import type { Keyring } from '../trust/keyring.js';
import type { ServiceName } from '../trust/identity.js';
import { payloadHash } from './compact-jws.js';
import { issueToken } from './issue-token.js';
import { refused } from './refused.js';
import { checkNotExpired } from './token-times.js';
import { verifyAnyToken, verifyToken } from './verify-token.js';

export interface VerifiedRequest {
  caller: ServiceName;
  /** Names this one request; the answer is bound to it by {@link signReply}. */
  reqh: Buffer;
  jti: string;
  /** Seconds since the epoch. */
  exp: number;
}

/** SHA-256("portcullis/v1/request\0" ‖ LP(subject) ‖ LP(body)): what a request token covers. */
export function requestHash(subject: string, body: Uint8Array): Buffer {
  return sha256('portcullis/v1/request\0', lp(subject, body));
}

/** The `Pc-Request` token for exactly this body on exactly this subject, valid for ten seconds. */
export function signRequest(keyring: Keyring, to: ServiceName, subject: string, body: Uint8Array): string {
  return issueToken(keyring, 'pc-request+jwt', to, { reqh: b64u(requestHash(subject, body)) });
}

/**
 * Proves who sent this body to this subject. It MUST be called before the body is looked at; a verb that changes
 * something also asks a {@link ReplayWindow}.
 *
 * @throws AppError `UNAUTHENTICATED` with `details.reason`.
 */
// eslint-disable-next-line max-params -- what is received, and what it has to be, each by its own name
export function verifyRequest(
  keyring: Keyring,
  allowedCallers: readonly ServiceName[],
  subject: string,
  body: Uint8Array,
  jws: string,
  now: Date,
): VerifiedRequest {
  const { peer, claims } = verifyAnyToken(keyring, 'pc-request+jwt', jws, now);
  if (!allowedCallers.includes(peer)) throw refused('caller');
  checkNotExpired(claims, now);
  if (claims.reqh !== b64u(requestHash(subject, body))) throw refused('request_mismatch');
  return { caller: peer, reqh: payloadHash(jws), jti: claims.jti, exp: claims.exp };
}

/** The `Pc-Reply` token for this body as the answer to that request; `reqh` is what {@link verifyRequest} gave. */
export function signReply(keyring: Keyring, to: ServiceName, reqh: Uint8Array, body: Uint8Array): string {
  return issueToken(keyring, 'pc-reply+jwt', to, { reqh: b64u(reqh), bodyh: b64u(sha256(body)) });
}

/**
 * Proves that `from` gave this body as its answer to this very request.
 *
 * @param request the `Pc-Request` token that was sent, not a hash of the body: a broker could otherwise hand in the
 * answer to an equal request sent a moment earlier.
 * @throws AppError `UNAUTHENTICATED` with `details.reason`.
 */
// eslint-disable-next-line max-params -- what is received, and what it has to be, each by its own name
export function verifyReply(
  keyring: Keyring,
  from: ServiceName,
  request: string,
  body: Uint8Array,
  jws: string,
  now: Date,
): void {
  const claims = verifyToken(keyring, 'pc-reply+jwt', from, jws, now);
  if (claims.reqh !== b64u(payloadHash(request))) throw refused('request_mismatch');
  if (claims.bodyh !== b64u(sha256(body))) throw refused('body_mismatch');
}

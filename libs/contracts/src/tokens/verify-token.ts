import { AppError } from '../errors/app-error.js';
import type { Keyring } from '../trust/keyring.js';
import type { ServiceName } from '../trust/identity.js';
import { checkTag, claimsOf, readJws } from './compact-jws.js';
import { refused } from './refused.js';
import { checkIssued, checkNotExpired } from './token-times.js';
import { TOKEN_RULES, type ClaimsByType, type TokenRule, type TokenType } from './token-types.js';

/**
 * Believes a token only if `from` made it for this service, with the type that is expected, in time.
 *
 * Order: header pinned, key by id, tag in constant time, and only then is the payload read at all.
 *
 * @throws AppError `UNAUTHENTICATED` with `details.reason` ({@link RefusalReason}).
 */
// eslint-disable-next-line max-params -- everything that is pinned stands in the call, in the order of the sentence above
export function verifyToken<T extends TokenType>(
  keyring: Keyring,
  type: T,
  from: ServiceName,
  jws: string,
  now: Date,
): ClaimsByType[T] {
  const { peer, claims } = verifyAnyToken(keyring, type, jws, now);
  if (peer !== from) throw refused('issuer');
  checkNotExpired(claims, now);
  return claims;
}

/**
 * The same without looking at `exp`: for evidence that is handed in again after its time, such as the grant beside an
 * outcome. It authorises nothing any more.
 */
// eslint-disable-next-line max-params -- the same call as verifyToken
export function verifyTokenOfThePast<T extends TokenType>(
  keyring: Keyring,
  type: T,
  from: ServiceName,
  jws: string,
  now: Date,
): ClaimsByType[T] {
  const { peer, claims } = verifyAnyToken(keyring, type, jws, now);
  if (peer !== from) throw refused('issuer');
  return claims;
}

/** Everything but who the sender has to be and whether the token has expired. */
export function verifyAnyToken<T extends TokenType>(
  keyring: Keyring,
  type: T,
  jws: string,
  now: Date,
): { peer: ServiceName; claims: ClaimsByType[T] } {
  const rule: TokenRule<ClaimsByType[T]> = TOKEN_RULES[type];
  const token = readJws(type, jws);
  const { peer, key } = pairwise(keyring, token.kid);
  checkTag(token, key);
  const parsed = rule.claims.safeParse(claimsOf(token));
  if (!parsed.success) throw refused('claims', parsed.error);
  const claims = parsed.data;
  if (claims.iss !== peer || (rule.issuer !== null && rule.issuer !== peer)) throw refused('issuer');
  const isForUs = Array.isArray(claims.aud) ? claims.aud.includes(keyring.self) : claims.aud === keyring.self;
  if (!isForUs) throw refused('audience');
  checkIssued(claims, rule.lifetime, now);
  return { peer, claims };
}

function pairwise(keyring: Keyring, kid: string): ReturnType<Keyring['pairwiseByKid']> {
  try {
    return keyring.pairwiseByKid(kid);
  } catch (error) {
    if (error instanceof AppError && error.code === 'UNAUTHENTICATED') throw error;
    throw refused('unknown_key', error);
  }
}

import { AppError } from '../errors/app-error.js';
import type { Keyring } from '../trust/keyring.js';
import type { ServiceName } from '../trust/identity.js';
import { sealJws } from './compact-jws.js';
import { newJti } from './token-fields.js';
import { seconds } from './token-times.js';
import { TOKEN_RULES, type ClaimsByType, type TokenType } from './token-types.js';

type Registered = 'iss' | 'aud' | 'jti' | 'iat' | 'exp';

/** The claims that say something. `exp` may be nearer than the type's longest lifetime, which is the default. */
export type TokenClaims<T extends TokenType> = Omit<ClaimsByType[T], Registered> & {
  exp?: number;
  jti?: string;
};

/**
 * Issues a token of this service for one receiver.
 *
 * @throws AppError `INVALID_ARGUMENT` if this service may not issue the type, or the claims do not follow its schema;
 * `UNAUTHENTICATED` if there is no valid key.
 */
export function issueToken<T extends TokenType>(
  keyring: Keyring,
  type: T,
  to: ServiceName,
  claims: TokenClaims<T>,
): string {
  const payload = payloadFor(keyring, type, isShared(type) ? [to] : to, claims);
  return sealFor(keyring, type, to, payload);
}

/** Types that several services have to see alike. */
type SharedType = 'pc-grant+jwt' | 'pc-reading+jwt';

/** The same payload, byte for byte, with one tag per audience. */
export function issueForAudiences<T extends SharedType, A extends ServiceName>(
  keyring: Keyring,
  type: T,
  audiences: readonly A[],
  claims: TokenClaims<T>,
): Record<A, string> {
  const payload = payloadFor(keyring, type, audiences, claims);
  return Object.fromEntries(audiences.map((to) => [to, sealFor(keyring, type, to, payload)])) as Record<
    A,
    string
  >;
}

const isShared = (type: TokenType): boolean => type === 'pc-grant+jwt' || type === 'pc-reading+jwt';

function sealFor(keyring: Keyring, type: TokenType, to: ServiceName, payload: string): string {
  const { kid, key } = keyring.pairwiseTo(to);
  return sealJws(type, kid, key, payload);
}

function payloadFor<T extends TokenType>(
  keyring: Keyring,
  type: T,
  aud: ServiceName | readonly ServiceName[],
  claims: TokenClaims<T>,
): string {
  const rule = TOKEN_RULES[type];
  if (rule.issuer !== null && rule.issuer !== keyring.self) {
    throw new AppError(
      'INVALID_ARGUMENT',
      `A ${type} is issued by ${rule.issuer}, never by ${keyring.self}.`,
    );
  }
  const iat = seconds(keyring.clock());
  const whole = { jti: newJti(), exp: iat + rule.lifetime, ...claims, iss: keyring.self, aud, iat };
  const parsed = rule.claims.safeParse(whole);
  // Written in the order of the schema, whatever order the caller used.
  if (parsed.success) return Buffer.from(JSON.stringify(parsed.data), 'utf8').toString('base64url');
  const fault = parsed.error.issues[0];
  throw new AppError(
    'INVALID_ARGUMENT',
    `The claims of a ${type} are invalid at "${fault?.path.join('.') ?? ''}".`,
    {
      cause: parsed.error,
    },
  );
}

import { timingSafeEqual, type KeyObject } from 'node:crypto';
import { sha256 } from '../encoding/sha256.js';
import type { Secret } from '../sensitive/secret.js';
import {
  claimedClientId,
  clientReplyKey,
  clientRequestKey,
  issueClientToken,
  macKey,
  parseClientToken,
} from './client-token.js';
import { refused } from './refused.js';

/**
 * What one generation of a policy client is known by, and answered under: to be derived once and kept, since deriving it
 * costs more than a decision. Neither the token nor what it was derived from is in it.
 */
export interface ClientKeys {
  readonly clientId: string;
  readonly generation: number;
  /** SHA-256 of the bearer token. */
  readonly tokenHash: Buffer;
  readonly request: KeyObject;
  readonly reply: KeyObject;
}

/** Keys of the current generation of a policy client; null: there is no such client (any more). */
export type ClientKeysOf = (clientId: string) => ClientKeys | null;

/** @throws AppError `INVALID_ARGUMENT` for a root key under 32 bytes. */
export function deriveClientKeys(rootKey: Secret, clientId: string, generation: number): ClientKeys {
  const token = issueClientToken(rootKey, clientId, generation);
  try {
    return { clientId, generation, tokenHash: sha256(token.reveal()), ...macKeys(token) };
  } finally {
    token.wipe();
  }
}

/** The two keys that are derived from a token, on either side. */
function macKeys(token: Secret): Pick<ClientKeys, 'request' | 'reply'> {
  return { request: macKey(clientRequestKey(token)), reply: macKey(clientReplyKey(token)) };
}

/**
 * Who presents this bearer token (over TLS; over NATS the token itself never travels).
 *
 * @throws AppError `UNAUTHENTICATED`, reason `malformed` or `revoked`.
 */
export function verifyClientToken(keysOf: ClientKeysOf, text: string): { clientId: string } {
  const clientId = claimedClientId(text);
  const keys = keysOf(clientId);
  if (keys !== null && timingSafeEqual(keys.tokenHash, sha256(text))) return { clientId };
  // Says first what is wrong with the text itself.
  parseClientToken(text);
  throw refused('revoked');
}

const OF_TOKEN = new WeakMap<Secret, Omit<ClientKeys, 'generation' | 'tokenHash'>>();

/** The client's side: derived once for as long as it holds the token. */
export function keysOfToken(token: Secret): Omit<ClientKeys, 'generation' | 'tokenHash'> {
  const known = OF_TOKEN.get(token);
  if (known !== undefined) return known;
  const { clientId, secret } = parseClientToken(token.revealText());
  secret.wipe();
  const keys = { clientId, ...macKeys(token) };
  OF_TOKEN.set(token, keys);
  return keys;
}

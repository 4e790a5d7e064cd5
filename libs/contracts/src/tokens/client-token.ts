import { createSecretKey, type KeyObject } from 'node:crypto';
import { checksum, encodeBase62, hasChecksum } from '../encoding/base62.js';
import { hkdf } from '../encoding/hkdf.js';
import { idBytes } from '../encoding/ids.js';
import { lp, uint64be } from '../encoding/length-prefix.js';
import { AppError } from '../errors/app-error.js';
import { Secret } from '../sensitive/secret.js';
import { refused } from './refused.js';

/** 43 base62 characters hold any 256-bit number. */
const SECRET_LENGTH = 43;
const EXACT = /^pcc_([0-7][0-9A-HJKMNP-TV-Z]{25})_([0-9A-Za-z]{43})[0-9A-Za-z]{6}$/;
const MIN_ROOT_BYTES = 32;

/**
 * The token of a policy client: `pcc_<clientId>_<43 base62><crc32, 6 base62>`. Its secret is derived,
 * HKDF-SHA256(rootKey, salt = clientId, info = "portcullis/v1/policy-client" ‖ uint64 generation), so that nothing is
 * stored: a higher generation revokes it.
 *
 * @throws AppError `INVALID_ARGUMENT` for a root key under 32 bytes.
 */
export function issueClientToken(rootKey: Secret, clientId: string, generation: number): Secret {
  if (rootKey.byteLength < MIN_ROOT_BYTES)
    throw new AppError('INVALID_ARGUMENT', 'The root key has under 32 bytes.');
  const info = Buffer.concat([Buffer.from('portcullis/v1/policy-client', 'utf8'), uint64be(generation)]);
  const secret = hkdf(rootKey.reveal(), idBytes(clientId), info, 32);
  const unchecked = `pcc_${clientId}_${encodeBase62(secret, SECRET_LENGTH)}`;
  secret.fill(0);
  return Secret.of(`${unchecked}${checksum(unchecked)}`);
}

/** Whose token this claims to be. It proves nothing. @throws AppError `UNAUTHENTICATED`, reason `malformed`. */
export function claimedClientId(text: string): string {
  const [, clientId] = EXACT.exec(text) ?? [];
  if (clientId === undefined) throw refused('malformed');
  return clientId;
}

/** Shape and checksum only. @throws AppError `UNAUTHENTICATED`, reason `malformed`. */
export function parseClientToken(text: string): { clientId: string; secret: Secret } {
  const [, clientId, secret] = EXACT.exec(text) ?? [];
  if (clientId === undefined || secret === undefined || !hasChecksum(text)) throw refused('malformed');
  return { clientId, secret: Secret.of(secret) };
}

/** Key of the requests that a client sends: HKDF-SHA256 of its secret text. Client and policy derive the same. */
export function clientRequestKey(token: Secret): Buffer {
  return derive(token, 'portcullis/v1/client-request');
}

/** Key of the answers it gets: another one, so that nothing can be reflected. */
export function clientReplyKey(token: Secret): Buffer {
  return derive(token, 'portcullis/v1/client-reply');
}

/** As an HMAC key; the bytes are wiped. */
export function macKey(bytes: Buffer): KeyObject {
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return key;
}

function derive(token: Secret, purpose: string): Buffer {
  const { clientId, secret } = parseClientToken(token.revealText());
  try {
    return hkdf(secret.reveal(), idBytes(clientId), lp(purpose), 32);
  } finally {
    secret.wipe();
  }
}

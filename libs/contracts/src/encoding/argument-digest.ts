import { AppError } from '../errors/app-error.js';
import { b64u } from './base64url.js';
import { canonicalBytes } from './canonical-json.js';
import { lp } from './length-prefix.js';
import { sha256 } from './sha256.js';

const SALT_BYTES = 32;

/**
 * The claim `ad`: SHA-256("portcullis/args/v1\0" ‖ salt32 ‖ LP(tool) ‖ JCS(arguments)), base64url. Salted per call, so
 * that a record does not give away which of a few likely arguments were sent. For operations on secrets `tool` is the
 * operation's name.
 *
 * @throws AppError `INVALID_ARGUMENT` for arguments that have no canonical form (I-JSON, RFC 7493)
 */
export function argumentDigest(salt: Uint8Array, tool: string, value: unknown): string {
  if (salt.byteLength !== SALT_BYTES)
    throw new AppError('INVALID_ARGUMENT', 'The salt of an argument digest has 32 bytes.');
  return b64u(sha256('portcullis/args/v1\0', salt, lp(tool), canonicalBytes(value)));
}

import { b64u } from './base64url.js';
import { canonicalBytes } from './canonical-json.js';
import { sha256 } from './sha256.js';

/**
 * Digest of a tool as its server describes it: SHA-256 of `portcullis/tool/v1\0` and the RFC 8785 bytes of the whole
 * definition (name, title, description, schemas, annotations, icons, `_meta` and whatever else it has), base64url.
 *
 * @throws AppError `INVALID_ARGUMENT` for a definition that has no canonical form
 */
export const toolDefinitionDigest = (definition: unknown): string =>
  b64u(sha256('portcullis/tool/v1\0', canonicalBytes(definition)));

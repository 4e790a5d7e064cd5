import { randomBytes } from 'node:crypto';
import { argumentDigest, b64u } from '@portcullis/contracts';

export interface DigestedArguments {
  digest: string;
  /** 32 random bytes, base64url: kept only inside the record's sealed section. */
  salt: string;
}

/**
 * The salted digest of the value that was decided on; null where there are no arguments.
 * @throws AppError INVALID_ARGUMENT for arguments that have no canonical form
 */
export function digestArguments(about: string, value: unknown): DigestedArguments | null {
  if (value === null) return null;
  const salt = randomBytes(32);
  return { digest: argumentDigest(salt, about, value), salt: b64u(salt) };
}

import { verifyToken, type Keyring } from '@portcullis/contracts';

/**
 * The organisation that control vouches for. Control has asked policy whether the person may read the log; the
 * organisation is never taken from the body.
 *
 * @throws AppError `UNAUTHENTICATED`
 */
export function organisationOf(keyring: Keyring, assertion: string, now: Date): string {
  return verifyToken(keyring, 'pc-principal+jwt', 'control', assertion, now).org;
}

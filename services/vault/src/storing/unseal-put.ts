import { isUtf8 } from 'node:buffer';
import {
  AppError,
  canonicalBytes,
  fromB64u,
  hpkeOpen,
  type Keyring,
  type PutArguments,
  type Secret,
} from '@portcullis/contracts';

/** Longest credential, bytes. */
const MAX_SECRET_BYTES = 65_536;
const TAG_BYTES = 16;
const INFO = 'portcullis/v1/put';

/**
 * Opens what the owner's client has sealed to the vault's key: HPKE base mode, RFC 9180, aad = JCS of
 * `{org, ...target}`, so that a value sealed for one place can't be stored in another. The caller wipes the secret.
 *
 * @throws AppError `PAYLOAD_TOO_LARGE`, `DECRYPTION_FAILED`, `INVALID_ARGUMENT` for an empty value or one that isn't
 * UTF-8, `UNAUTHENTICATED` for a key of the vault that it doesn't have (any more).
 */
export function unsealPut(keyring: Keyring, org: string, { target, sealed }: PutArguments): Secret {
  const ciphertext = fromB64u(sealed.ciphertext);
  if (ciphertext.byteLength > MAX_SECRET_BYTES + TAG_BYTES) {
    throw new AppError('PAYLOAD_TOO_LARGE', `A secret may have ${MAX_SECRET_BYTES} bytes at most.`, {
      details: { limit: MAX_SECRET_BYTES },
    });
  }
  const secret = hpkeOpen({
    recipientPrivateKey: keyring.sealKey(sealed.kid).privateKey,
    enc: fromB64u(sealed.enc),
    info: INFO,
    aad: canonicalBytes({ org, ...target }),
    ciphertext,
  });
  const fault = faultOf(secret);
  if (fault === null) return secret;
  secret.wipe();
  throw new AppError('INVALID_ARGUMENT', fault);
}

function faultOf(secret: Secret): string | null {
  if (secret.byteLength === 0) return 'The secret is empty.';
  return isUtf8(secret.reveal()) ? null : 'The secret is not valid UTF-8.';
}

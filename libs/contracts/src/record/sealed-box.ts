import { b64u, fromB64u } from '../encoding/base64url.js';
import { canonicalBytes, type JsonValue } from '../encoding/canonical-json.js';
import type { SealedBox } from '../messages/fields.js';
import type { SubjectKey } from '../messages/vault.js';
import { hpkeSeal } from '../sealed/hpke.js';

/** HPKE `info` of what is sealed to a person's key. */
export const SUBJECT_INFO = 'portcullis/v1/subject';

/** HPKE `aad`: a box can't be passed off as being about somebody else. */
export const subjectAad = (org: string, subject: string): Buffer => canonicalBytes({ org, subject });

/**
 * Seals personal fields to the key of the person they are about (RFC 9180 base mode). Whoever stores the box can't read
 * it; when the vault destroys the person's private key nobody can.
 */
export function sealForSubject(key: SubjectKey, org: string, subject: string, value: JsonValue): SealedBox {
  const { enc, ciphertext } = hpkeSeal({
    recipientPublicKey: fromB64u(key.publicKey),
    info: SUBJECT_INFO,
    aad: subjectAad(org, subject),
    plaintext: canonicalBytes(value),
  });
  return { subject, keyId: key.keyId, enc: b64u(enc), ciphertext: b64u(ciphertext) };
}

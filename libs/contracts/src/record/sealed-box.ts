import { b64u, fromB64u } from '../encoding/base64url.js';
import { canonicalBytes, type JsonValue } from '../encoding/canonical-json.js';
import type { SealedBox } from '../messages/fields.js';
import type { SubjectKey } from '../messages/vault.js';
import { HpkeSender } from '../sealed/hpke-sender.js';

/** HPKE `info` of what is sealed to a person's key. */
export const SUBJECT_INFO = 'portcullis/v1/subject';

/** HPKE `aad`: a box can't be passed off as being about somebody else. */
export const subjectAad = (org: string, subject: string): Buffer => canonicalBytes({ org, subject });

/**
 * Seals personal fields to the key of the person they are about (RFC 9180 base mode). Whoever stores the box can't read
 * it; when the vault destroys the person's private key nobody can.
 */
export function sealForSubject(key: SubjectKey, org: string, subject: string, value: JsonValue): SealedBox {
  const sender = senderTo(key);
  try {
    return boxOf(sender, key, { org, subject }, value);
  } finally {
    sender.wipe();
  }
}

export const senderTo = (key: SubjectKey): HpkeSender =>
  new HpkeSender({ recipientPublicKey: fromB64u(key.publicKey), info: SUBJECT_INFO });

/** The next message of this sender, which MUST be one to the given key. */

export function boxOf(
  sender: HpkeSender,
  key: SubjectKey,
  about: { org: string; subject: string },
  value: JsonValue,
): SealedBox {
  const { seq, ciphertext } = sender.seal(subjectAad(about.org, about.subject), canonicalBytes(value));
  return {
    subject: about.subject,
    keyId: key.keyId,
    enc: b64u(sender.enc),
    ...(seq === 0 ? {} : { seq }),
    ciphertext: b64u(ciphertext),
  };
}

import type { Statement } from '@portcullis/platform';
import type { StoredOwnerKey } from '../key-hierarchy/owner-keys.js';

/** The private half of a subject's key as it lies in the database. */
export interface StoredSubjectKey {
  readonly org: string;
  readonly subject: string;
  readonly subjectKeyId: string;
  readonly envelope: Buffer;
  readonly ownerKey: StoredOwnerKey;
}

interface Row {
  org_id: string;
  subject: string;
  subject_key_id: string;
  envelope: Buffer;
  key_id: string;
  key_version: number;
  kek_id: string;
  wrapped: Buffer;
}

/** Those of an organisation with these ids; of whom they are has to be looked at. */
export const subjectKeysOf = (org: string, keyIds: readonly string[]): Statement => ({
  name: 'subject_keys',
  text: `SELECT s.org_id, s.subject, s.subject_key_id, s.envelope, s.key_id, s.key_version, k.kek_id, k.wrapped
     FROM subject_keys s JOIN owner_keys k
       ON k.org_id = s.org_id AND k.key_id = s.key_id AND k.version = s.key_version
     WHERE s.org_id = $1 AND s.subject_key_id = ANY ($2::text[])`,
  values: [org, [...new Set(keyIds)]],
});

/** What {@link subjectKeysOf} has found. The owner key is asked for as the *subject's*: that of anybody else doesn't unwrap. */
export const toSubjectKeys = (rows: readonly unknown[]): StoredSubjectKey[] =>
  (rows as Row[]).map((row) => ({
    org: row.org_id,
    subject: row.subject,
    subjectKeyId: row.subject_key_id,
    envelope: row.envelope,
    ownerKey: {
      org: row.org_id,
      ownerKind: 'user',
      owner: row.subject,
      keyId: row.key_id,
      version: row.key_version,
      kekId: row.kek_id,
      wrapped: row.wrapped,
    },
  }));

import type { SecretAad } from '@portcullis/contracts';

/** What the private half is bound to: purpose `subject-key`, no server, never a destination. */
export const subjectKeyAad = (org: string, subject: string, subjectKeyId: string): SecretAad => ({
  purpose: 'subject-key',
  org,
  ownerKind: 'user',
  owner: subject,
  srv: null,
  slot: '',
  secretId: subjectKeyId,
  recordVersion: 1,
  dst: '',
});

import type { SecretAad } from '@portcullis/contracts';
import type { StoredSecret } from './stored-secret.js';

/** Everything that a credential's ciphertext is bound to: a row that was changed in any of it doesn't open. */
export const credentialAad = (secret: StoredSecret): SecretAad => ({
  purpose: 'credential',
  org: secret.org,
  ownerKind: secret.ownerKind,
  owner: secret.owner,
  srv: secret.srv,
  slot: secret.slot,
  secretId: secret.secretId,
  recordVersion: secret.version,
  dst: secret.dst,
});

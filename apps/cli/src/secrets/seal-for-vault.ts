import {
  hpkeSeal,
  openTrustBundle,
  sealedPutSchema,
  signedTrustBundleSchema,
  type SealedPut,
} from '@portcullis/contracts';
import { z } from 'zod';

const INFO = 'portcullis/v1/put';

/** What `GET /api/vault/key` says about sealing a credential for one slot. */
export const sealingKeySchema = z.object({
  kid: z.string(),
  publicKey: z.string(),
  info: z.literal(INFO),
  aadBase64url: z.string(),
  /** Where the credential will be sent: what its owner agrees to by sealing it. */
  target: z.object({ dst: z.string() }),
  bundle: z.unknown(),
});
export type SealingKey = z.infer<typeof sealingKeySchema>;

/**
 * Seals a credential to the vault, bound to organisation, owner, server, slot and destination. With the installation's
 * pinned root the key must be the vault's by the bundle that the root has signed; without, whoever answers for the admin
 * API is believed. Throws when it isn't.
 */
export function sealForVault(credential: string, key: SealingKey, pinnedRoots: string[] | null): SealedPut {
  if (pinnedRoots !== null) requireVaultKey(key, pinnedRoots);
  const { enc, ciphertext } = hpkeSeal({
    recipientPublicKey: Buffer.from(key.publicKey, 'base64url'),
    info: INFO,
    aad: Buffer.from(key.aadBase64url, 'base64url'),
    plaintext: Buffer.from(credential, 'utf8'),
  });
  return sealedPutSchema.parse({
    kid: key.kid,
    enc: enc.toString('base64url'),
    ciphertext: ciphertext.toString('base64url'),
  });
}

function requireVaultKey({ kid, publicKey, bundle }: SealingKey, pinnedRoots: string[]): void {
  const { keys } = openTrustBundle(signedTrustBundleSchema.parse(bundle), pinnedRoots, new Date());
  const listed = keys.find((key) => key.kid === kid);
  if (listed?.service === 'vault' && listed.use === 'seal' && listed.publicKey === publicKey) return;
  throw new Error('The sealing key is not one of the vault by the trust bundle; nothing was sealed');
}

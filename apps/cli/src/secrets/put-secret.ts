import { z } from 'zod';
import type { AdminApi } from '../admin-api/admin-api.js';
import { sealForVault, sealingKeySchema } from './seal-for-vault.js';

export interface PutSecret {
  server: string;
  slot: string;
  owner: 'organisation' | 'user';
  credential: string;
  /** Public keys of the installation's root, base64url; null: not pinned. */
  pinnedRoots: string[] | null;
}

const storedSchema = z.object({ last4: z.string().nullable(), version: z.number(), dst: z.string() });
export type StoredSecret = z.infer<typeof storedSchema>;

/** Seals a credential here and stores it; it leaves this process sealed to the vault only. */
export async function putSecret(api: AdminApi, wanted: PutSecret): Promise<StoredSecret> {
  const { server, slot, owner, credential, pinnedRoots } = wanted;
  const query = new URLSearchParams({ server, slot, owner });
  const key = await api.call({ method: 'GET', path: `/api/vault/key?${query}`, reply: sealingKeySchema });
  return api.call({
    method: 'PUT',
    path: `/api/servers/${encodeURIComponent(server)}/secrets/${encodeURIComponent(slot)}`,
    body: { owner, sealed: sealForVault(credential, key, pinnedRoots) },
    reply: storedSchema,
  });
}

import { z } from 'zod';
import { AdminApi } from '../dist/admin-api/admin-api.js';
import { putSecret } from '../dist/secrets/put-secret.js';
import { TOOL } from './programs/mcp-2026.mjs';

const SLOT = { slot: 'token', owner: 'organisation', header: 'Authorization', prefix: 'Bearer ' };

/**
 * Connects the upstream's four endpoints as servers, as an administrator does. The sample policy lets members call what
 * is labelled as reading. Gives the addresses at the gateway.
 */
export async function connectServers({ admin, adminKey, mcp }, upstream, token) {
  const api = new AdminApi(admin, adminKey);
  const connect = async (path, slots) => {
    const slug = `bench-${path}`;
    const body = { slug, name: slug, url: `${upstream}/${path}`, slots };
    await api.call({ method: 'POST', path: '/api/servers', body, reply: z.unknown() });
    const label = `/api/servers/${slug}/tools/${TOOL}/label`;
    await api.call({ method: 'PUT', path: label, body: { label: 'read' }, reply: z.unknown() });
    for (const { slot, owner } of slots)
      await putSecret(api, { server: slug, slot, owner, credential: token, pinnedRoots: null });
    return `${mcp}/${slug}`;
  };
  return {
    without: { instant: await connect('instant', []), slow: await connect('slow', []) },
    withCredential: {
      instant: await connect('instant-token', [SLOT]),
      slow: await connect('slow-token', [SLOT]),
    },
  };
}

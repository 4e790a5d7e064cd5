import { z } from 'zod';
import {
  AdminApi,
  AdminApiError,
  NOT_YET,
  NOT_YET_OR_UNKNOWN,
  repeatedWhile,
} from '../admin-api/admin-api.js';
import { issueNotesToken } from '../samples/notes-token.js';
import { putSecret } from '../secrets/put-secret.js';
import { readSecret } from '../setup/secrets.js';
import type { Run } from '../up/service-environment.js';
import { EVERYTHING, NOTES, NOTES_SLOT, RULES, WRITER, type SampleServer } from './sample-policy.js';
import { SeedingState, type Founder } from './seeding-state.js';

/** What the seeding of an installation gives. */
export interface Seeded {
  /** Id of the organisation. */
  org: string;
  /** Id of the member whose key `apiKey` is. */
  member: string;
  /** Key of the member for MCP clients; null after the first start, since only its hash is kept. */
  apiKey: string | null;
  /** Key of the admin for the admin API; null after the first start. */
  adminKey: string | null;
  /** Slugs of the connected servers. */
  servers: string[];
  /** To be called when the keys have been shown. */
  shown: () => void;
}

const anything = z.unknown();
const BOOTSTRAP_DEADLINE_MS = 30_000;
/** A machine that has just started everything may keep a part waiting for longer than its requests have. */
const FILLING_DEADLINE_MS = 30_000;

/**
 * At the first start: organisation, admin, member, the two sample servers with labels and a small policy, the credential
 * of the one that demands one, all through the admin API as any admin would. Each step finds what an interrupted start
 * has left. Later starts change nothing.
 */
export async function seedInstallation(run: Run): Promise<Seeded> {
  const state = new SeedingState(run.data);
  const done = state.done();
  if (done !== undefined) return { ...done, apiKey: null, adminKey: null, shown: () => undefined };
  const base = `http://127.0.0.1:${run.ports.admin}`;
  const founder = state.founder() ?? (await bootstrap(run, base));
  state.keepFounder(founder);
  const api = new AdminApi(base, founder.adminKey);
  const { member, apiKey } = await repeatedWhile(NOT_YET_OR_UNKNOWN, FILLING_DEADLINE_MS, () =>
    fill(api, run),
  );
  const result = { org: founder.organisation, member, servers: [NOTES.slug, EVERYTHING.slug] };
  return { ...result, apiKey, adminKey: founder.adminKey, shown: () => state.complete(result) };
}

/** Each step finds what an earlier attempt has left; of a key whose answer was lost nobody knows the secret. */
async function fill(api: AdminApi, run: Run): Promise<{ member: string; apiKey: string }> {
  const member = await ensureMember(api);
  await connect(api, NOTES, `http://127.0.0.1:${run.ports.notes}/mcp`);
  await connect(api, EVERYTHING, `http://127.0.0.1:${run.ports.everything}/mcp`);
  await makePolicy(api);
  await storeNotesToken(api, run);
  return { member, apiKey: await createMemberKey(api, member) };
}

async function bootstrap({ data }: Run, base: string): Promise<Founder> {
  const api = new AdminApi(base, readSecret(data, 'bootstrap-token'));
  const body = { name: 'Home', admin: { name: 'Admin' } };
  const reply = z.object({ organisation: z.string(), admin: z.string(), adminKey: z.string() });
  try {
    const call = { method: 'POST', path: '/api/bootstrap', body, reply } as const;
    return await repeatedWhile(NOT_YET, BOOTSTRAP_DEADLINE_MS, () => api.call(call));
  } catch (error) {
    if (!(error instanceof AdminApiError && error.code === 'ALREADY_EXISTS')) throw error;
    const advice = `Remove ${data.root}, which holds nothing of worth yet, and start again`;
    throw new Error(`The first start was cut off before it could keep the admin key. ${advice}`, {
      cause: error,
    });
  }
}

const MEMBER_NAME = 'Member';

async function ensureMember(api: AdminApi): Promise<string> {
  const user = z.object({ user: z.string(), name: z.string(), status: z.string() });
  const { users } = await api.call({
    method: 'GET',
    path: '/api/users',
    reply: z.object({ users: z.array(user) }),
  });
  const found = users.find(({ name, status }) => name === MEMBER_NAME && status === 'active');
  if (found !== undefined) return found.user;
  return (await api.call({ method: 'POST', path: '/api/users', body: { name: MEMBER_NAME }, reply: user }))
    .user;
}

async function connect(api: AdminApi, server: SampleServer, url: string): Promise<void> {
  const { slug, name, slots } = server;
  const call = {
    method: 'POST',
    path: '/api/servers',
    body: { slug, name, url, slots },
    reply: anything,
  } as const;
  await unlessThere(api.call(call));
  // An earlier attempt may have had other ports.
  await api.call({ method: 'PATCH', path: `/api/servers/${slug}`, body: { url }, reply: anything });
  for (const [tool, label] of Object.entries(server.labels)) {
    await api.call({
      method: 'PUT',
      path: `/api/servers/${slug}/tools/${tool}/label`,
      body: { label },
      reply: anything,
    });
  }
}

async function makePolicy(api: AdminApi): Promise<void> {
  await unlessThere(api.call({ method: 'POST', path: '/api/roles', body: WRITER, reply: anything }));
  for (const rule of RULES) {
    await unlessThere(api.call({ method: 'POST', path: '/api/rules', body: rule, reply: anything }));
  }
}

async function storeNotesToken(api: AdminApi, { data, installation }: Run): Promise<void> {
  await putSecret(api, {
    server: NOTES.slug,
    slot: NOTES_SLOT,
    owner: 'organisation',
    credential: issueNotesToken(data),
    pinnedRoots: [installation.trust.rootPublicKey],
  });
}

async function createMemberKey(api: AdminApi, member: string): Promise<string> {
  const reply = z.object({ secret: z.string() });
  const body = { name: 'First key' };
  return (await api.call({ method: 'POST', path: `/api/users/${member}/keys`, body, reply })).secret;
}

async function unlessThere(call: Promise<unknown>): Promise<void> {
  await call.catch((error: unknown) => {
    if (!(error instanceof AdminApiError && error.code === 'ALREADY_EXISTS')) throw error;
  });
}

import { readFile } from 'node:fs/promises';
import { Secret } from '@portcullis/contracts';
import { z } from 'zod';
import { KeyFault } from '../../remote-calls/key-fault.js';
import type { TransitClient } from './transit-client.js';

/** How the service shows who it is. Files are read at every login: what they hold may be replaced while it runs. */
export type TransitLogin =
  | {
      readonly method: 'approle';
      readonly mount: string;
      readonly roleIdFile: string;
      readonly secretIdFile: string;
    }
  | { readonly method: 'kubernetes'; readonly mount: string; readonly role: string; readonly jwtFile: string }
  | { readonly method: 'token'; readonly tokenFile: string };

export interface TransitToken {
  readonly token: Secret;
  /** Milliseconds it is good for from now; Infinity if it does not end. */
  readonly ttlMs: number;
  readonly renewable: boolean;
}

const seconds = z.number().int().min(0);
const authSchema = z.object({
  auth: z.object({ client_token: z.string().min(1), lease_duration: seconds, renewable: z.boolean() }),
});
const selfSchema = z.object({ data: z.object({ ttl: seconds, renewable: z.boolean().default(false) }) });

/** @throws KeyFault `denied`, and whatever the way to the server brings */
export async function logIn(
  client: TransitClient,
  login: TransitLogin,
  signal: AbortSignal,
): Promise<TransitToken> {
  if (login.method === 'token') {
    const token = await credential(login.tokenFile);
    return lookUp(client, token, signal);
  }
  const body =
    login.method === 'approle'
      ? {
          role_id: (await credential(login.roleIdFile)).revealText(),
          secret_id: (await credential(login.secretIdFile)).revealText(),
        }
      : { role: login.role, jwt: (await credential(login.jwtFile)).revealText() };
  const call = { token: null, signal };
  return ofAuth(await client.post(`auth/${login.mount}/login`, body, authSchema, call));
}

/** @throws KeyFault `denied` if the token has ended */
export async function lookUp(
  client: TransitClient,
  token: Secret,
  signal: AbortSignal,
): Promise<TransitToken> {
  const call = { token: token.revealText(), signal };
  const { data } = await client.get('auth/token/lookup-self', selfSchema, call);
  return { token, ttlMs: lifetime(data.ttl), renewable: data.renewable };
}

/** @throws KeyFault `denied` if the token has ended or may not be renewed */
export async function renew(
  client: TransitClient,
  token: Secret,
  signal: AbortSignal,
): Promise<TransitToken> {
  const call = { token: token.revealText(), signal };
  return ofAuth(await client.post('auth/token/renew-self', {}, authSchema, call));
}

export async function revoke(client: TransitClient, token: Secret, signal: AbortSignal): Promise<void> {
  await client.post('auth/token/revoke-self', {}, z.unknown(), { token: token.revealText(), signal });
}

const ofAuth = ({ auth }: z.infer<typeof authSchema>): TransitToken => ({
  token: Secret.of(auth.client_token),
  ttlMs: lifetime(auth.lease_duration),
  renewable: auth.renewable,
});

const lifetime = (ttl: number): number => (ttl === 0 ? Infinity : ttl * 1000);

async function credential(path: string): Promise<Secret> {
  const text = (await readFile(path, 'utf8').catch(() => '')).trim();
  if (text === '') throw new KeyFault('denied', 'credential file empty or unreadable');
  return Secret.of(text);
}

import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { KeyFault } from '../../remote-calls/key-fault.js';

const serviceAccountSchema = z.object({
  type: z.literal('service_account'),
  client_email: z.string().min(1),
  private_key: z.string().min(1),
  private_key_id: z.string().min(1),
});

/** Workload identity federation. Not by a program that the file names: it would run in the vault. */
const externalAccountSchema = z.looseObject({
  type: z.literal('external_account'),
  credential_source: z.looseObject({ executable: z.never().optional() }),
});

const credentialsSchema = z.union([serviceAccountSchema, externalAccountSchema]);

type AuthClient = import('google-gax').GoogleAuth extends { getClient(): Promise<infer C> } ? C : never;

/**
 * Who the vault is for Google. Of a file only the kinds are taken that are meant for services; without one it is the identity
 * of the pod or machine (application default credentials).
 *
 * @throws KeyFault `denied`
 */
export async function senderOf(file: string | null, scopes: string[]): Promise<AuthClient> {
  const { GoogleAuth, googleAuthLibrary } = await import('google-gax');
  if (file === null) return new GoogleAuth({ scopes }).getClient();
  const credentials = await readCredentials(file);
  if (credentials.type === 'service_account') {
    const { client_email: email, private_key: key, private_key_id: keyId } = credentials;
    const account = new googleAuthLibrary.JWT({ email, key, keyId, scopes });
    // It signs its tokens itself: no token has to be fetched first.
    account.useJWTAccessWithScope = true;
    return account;
  }
  const federated = googleAuthLibrary.ExternalAccountClient.fromJSON(credentials as never);
  if (federated === null) throw new KeyFault('denied', 'kind of credentials');
  federated.scopes = scopes;
  return federated;
}

async function readCredentials(file: string): Promise<z.infer<typeof credentialsSchema>> {
  const text = await readFile(file, 'utf8').catch(() => '');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new KeyFault('denied', 'credentials file empty or unreadable');
  }
  const parsed = credentialsSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new KeyFault('denied', 'kind of credentials');
}

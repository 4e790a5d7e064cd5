import { certificateFile, readCredentials } from './security/credentials.js';

/**
 * What `@eventstore/db-client` needs to reach a node on this machine: user, password, pinned certificate. The result is
 * a secret. By name and not by address, because TLS names are never addresses (RFC 6066).
 *
 * @throws Error when the credentials file is missing, readable by others, or malformed
 */
export function connectionString(credentialsFile: string, port: number): string {
  const { user, password } = readCredentials(credentialsFile);
  const pinned = encodeURIComponent(certificateFile(credentialsFile));
  return `esdb://${user}:${encodeURIComponent(password)}@localhost:${port}?tls=true&tlsCAFile=${pinned}`;
}

import { randomBytes, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createTlsIdentity, type TlsIdentity } from './certificate.js';

/** What proves the node to its clients and its clients to the node. */
export interface NodeCredentials {
  user: string;
  /** 256 random bits, base64url. */
  password: string;
  tls: TlsIdentity;
}

const USER = 'portcullis';

/** Where the certificate lies for clients to pin; it holds nothing secret. */
export const certificateFile = (credentialsFile: string): string => `${credentialsFile}.crt`;

/**
 * Reads the credentials; makes them (0600) when the file does not exist. There is no default password.
 * @throws Error when others may read the file, or it is not what this wrote
 */
export function loadOrCreateCredentials(file: string): NodeCredentials {
  if (!existsSync(file)) create(file);
  const credentials = readCredentials(file);
  writeAtomically(certificateFile(file), credentials.tls.certificate, 0o644);
  return credentials;
}

/** @throws Error when there are none, others may read the file, the certificate has expired, or it is malformed */
export function readCredentials(file: string): NodeCredentials {
  if ((statSync(file).mode & 0o077) !== 0) throw new Error(`${file} holds a password: set its mode to 0600`);
  const credentials = parse(file);
  if (new Date(new X509Certificate(credentials.tls.certificate).validTo) < new Date()) {
    throw new Error(
      `The certificate in ${file} has expired: remove the file, a new one is made at the next start`,
    );
  }
  return credentials;
}

function create(file: string): void {
  const credentials: NodeCredentials = {
    user: USER,
    password: randomBytes(32).toString('base64url'),
    tls: createTlsIdentity(),
  };
  writeAtomically(file, JSON.stringify(credentials), 0o600);
}

function writeAtomically(file: string, text: string, mode: number): void {
  const draft = `${file}.${process.pid}.tmp`;
  writeFileSync(draft, text, { mode, flush: true });
  renameSync(draft, file);
}

function parse(file: string): NodeCredentials {
  const malformed = () => new Error(`${file} is not a credentials file of the event store`);
  let value: Partial<NodeCredentials>;
  try {
    value = JSON.parse(readFileSync(file, 'utf8')) as Partial<NodeCredentials>;
  } catch {
    throw malformed();
  }
  const { user, password, tls } = value;
  if (!user || !password || !tls?.key || !tls.certificate) throw malformed();
  return { user, password, tls };
}

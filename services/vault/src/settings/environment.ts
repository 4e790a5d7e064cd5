import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { KeysSettings } from './read-keys.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** What may come as a systemd credential: `VAULT_ROOT_SECRET_FILE` from the credential `vault-root-secret`, and so on. */
const CREDENTIALS = ['', 'SECONDARY_'].flatMap((slot) =>
  [
    'ROOT_SECRET',
    'TRANSIT_ROLE_ID',
    'TRANSIT_SECRET_ID',
    'TRANSIT_TOKEN',
    'AWS_CREDENTIALS',
    'GCP_CREDENTIALS',
  ].map((what) => `VAULT_${slot}${what}`),
);

/** What {@link withCredentials} and {@link environmentFault} look at, beside the variables of keys. */
export const SURROUNDINGS = [
  'CREDENTIALS_DIRECTORY',
  'NODE_TLS_REJECT_UNAUTHORIZED',
  'NODE_DEBUG',
  'GRPC_TRACE',
  'AWS_SECRET_ACCESS_KEY',
];

/** Names the files of systemd credentials (`LoadCredential=`, `LoadCredentialEncrypted=`) where nothing else is given. */
export function withCredentials(environment: Environment): Environment {
  const directory = environment['CREDENTIALS_DIRECTORY'];
  if (directory === undefined) return environment;
  const found = CREDENTIALS.filter(
    (name) => environment[name] === undefined && environment[`${name}_FILE`] === undefined,
  )
    .map((name) => [`${name}_FILE`, join(directory, name.toLowerCase().replaceAll('_', '-'))] as const)
    .filter(([, path]) => existsSync(path));
  return { ...environment, ...Object.fromEntries(found) };
}

/** Why these variables must not be there with such keys: `[variable, message]`, or null. */
export function environmentFault(
  environment: Environment,
  { primary, secondary, customers }: KeysSettings,
): readonly [string, string] | null {
  const all = [primary, secondary, ...customers.map(({ key }) => key)];
  const keys = all.filter((key) => key !== null && key.kind !== 'local');
  if (keys.length === 0) return null;
  if (environment['NODE_TLS_REJECT_UNAUTHORIZED'] === '0')
    return ['NODE_TLS_REJECT_UNAUTHORIZED', 'must not be 0: anybody could read the keys on their way'];
  const debugging = ['NODE_DEBUG', 'GRPC_TRACE'].find((name) => (environment[name] ?? '') !== '');
  if (debugging !== undefined) return [debugging, 'must not be set: it prints what is sent, tokens included'];
  const inherits = keys.some((key) => key?.kind === 'aws' && key.key.access.credentialsFile === null);
  if (inherits && environment['AWS_SECRET_ACCESS_KEY'] !== undefined)
    return [
      'AWS_SECRET_ACCESS_KEY',
      'must not be set: give the credentials as a file, VAULT_AWS_CREDENTIALS_FILE',
    ];
  return null;
}

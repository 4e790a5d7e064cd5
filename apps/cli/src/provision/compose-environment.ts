import type { Provisioned } from './provision.js';

/**
 * What `infra/docker-compose.yml` has to know of an installation, for `docker compose --env-file`. Nothing in it is
 * secret: the root key is the public one.
 */
export function composeEnvironment({ directory, host, owner, rootKey }: Provisioned): string {
  // In single quotes nothing is replaced, and there is no way to write one inside.
  if (/['\n\r]/.test(directory)) throw new Error('The path of the directory holds a quote or a line end');
  const variables = {
    PORTCULLIS_DIR: directory,
    PORTCULLIS_HOST: host,
    PORTCULLIS_USER: `${owner.uid}:${owner.gid}`,
    PORTCULLIS_ROOT_KEY: rootKey,
  };
  return Object.entries(variables)
    .map(([name, value]) => `${name}='${value}'\n`)
    .join('');
}

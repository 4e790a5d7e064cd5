import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { readOwnFile } from '../directory/read-own-file.js';
import type { FreeSpace } from '../machine/disk-space.js';

/** Where parts of the installation can be reached from this machine; what is missing is not asked. */
export interface Addresses {
  /** `host:port`. The host has to be a name that the part's certificate has: its own, or `localhost`. */
  nats?: string;
  postgres?: string;
  eventstore?: string;
  /** Base URL by service. */
  services: Readonly<Record<string, string>>;
}

/** A directory of `portcullis provision`. */
export interface ProvisionedSetting {
  root: string;
  /** What is in `compose.env`. */
  variables: Readonly<Record<string, string>>;
  addresses: Addresses;
  now: () => Date;
  freeAt: FreeSpace;
}

/** The variables of `compose.env`; undefined when the directory has none that names an installation. */
export async function readComposeEnvironment(directory: string): Promise<Record<string, string> | undefined> {
  const text = await readOwnFile(join(resolve(directory), 'compose.env'));
  const variables = text === undefined ? {} : (parseEnv(text) as Record<string, string>);
  return variables['PORTCULLIS_ROOT_KEY'] === undefined ? undefined : variables;
}

/** `gateway=http://host:port`. @throws Error that says what it has to look like */
export function parseServices(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const [, name, url] = /^([a-z]+)=(https?:\/\/[^/\s]+)\/?$/.exec(text) ?? [];
      if (name === undefined || url === undefined)
        throw new Error(`"${text}" is no service: write name=http://host:port`);
      return [name, url];
    }),
  );
}

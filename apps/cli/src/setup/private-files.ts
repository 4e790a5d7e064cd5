import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, lstatSync, mkdirSync, openSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * Writes a file of ours (0600) so that a crash leaves the old or the new content, never a part: a new file beside it,
 * flushed to disk, renamed over it, directory flushed.
 */
export function writeFileAtomically(file: string, content: string | Uint8Array): void {
  const temporary = join(dirname(file), `.${basename(file)}.${randomBytes(6).toString('hex')}.tmp`);
  const fd = openSync(temporary, 'wx', 0o600);
  try {
    writeFileSync(fd, content);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, file);
  flushDirectory(dirname(file));
}

/** Whether a name is one that {@link writeFileAtomically} gives to a file before it is whole. */
export const isDraft = (name: string): boolean => /^\..+\.[0-9a-f]{12}\.tmp$/.test(name);

function flushDirectory(directory: string): void {
  const fd = openSync(directory, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * A directory for this user alone (0700), made if it is missing. Throws when it exists and isn't one: a link, another
 * owner, or permissions that let others in. Nothing is repaired silently: whoever could enter may have read or planted.
 */
export function ensurePrivateDirectory(directory: string): void {
  mkdirSync(directory, { mode: 0o700, recursive: true });
  assertPrivate(directory);
}

/** Throws unless the path is a directory or file that only this user can reach. */
export function assertPrivate(path: string): void {
  const found = lstatSync(path);
  if (found.isSymbolicLink()) throw new Error(`${path} is a symbolic link; give the real path`);
  if (found.uid !== process.getuid!())
    throw new Error(`${path} belongs to user ${found.uid}, not to user ${process.getuid!()}`);
  if ((found.mode & 0o077) !== 0) {
    const mode = (found.mode & 0o777).toString(8);
    throw new Error(
      `${path} can be read by others (mode ${mode}); it must be ${found.isDirectory() ? '700' : '600'}`,
    );
  }
}

import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fail, quoted, unlessFaulty, type Finding } from '../finding.js';
import type { Check } from '../run-checks.js';

export interface EntryFacts {
  path: string;
  kind: 'directory' | 'file' | 'link' | 'other';
  /** Permission bits only. */
  mode: number;
  uid: number;
}

export interface ExpectedEntry extends EntryFacts {
  /** Whose it has to be; null: anybody's, its program sees to that. */
  owner: number | null;
}

const MOST_SHOWN = 10;

/** Everything is for its owner alone, as at its start `portcullis up` demands of what holds secrets. */
export function judgePermissions(entries: readonly ExpectedEntry[]): Finding[] {
  const faults = entries.flatMap(faultsOf);
  const more = faults.length - MOST_SHOWN;
  const shown = more > 0 ? [...faults.slice(0, MOST_SHOWN), andMore(more)] : faults;
  return unlessFaulty(shown, `${entries.length} entries are for their owner alone`);
}

const andMore = (count: number): Finding => fail(`${count} more like these`, 'mend those above first');

function faultsOf({ path, kind, mode, uid, owner }: ExpectedEntry): Finding[] {
  if (kind === 'link')
    return [fail(`${path} is a symbolic link`, `replace it by what it leads to: readlink ${quoted(path)}`)];
  if (kind === 'other')
    return [fail(`${path} is neither a file nor a directory`, `find out who made it: ls -l ${quoted(path)}`)];
  const faults: Finding[] = [];
  if (owner !== null && uid !== owner)
    faults.push(
      fail(`${path} belongs to user ${uid}, not to user ${owner}`, `sudo chown ${owner} ${quoted(path)}`),
    );
  const wanted = kind === 'directory' ? '700' : '600';
  if ((mode & 0o077) !== 0)
    faults.push(
      fail(
        `others may use ${path} (mode ${mode.toString(8)} instead of ${wanted})`,
        `chmod ${wanted} ${quoted(path)}; if it holds a secret and others can log in here, replace the secret`,
      ),
    );
  return faults;
}

export interface PermissionRules {
  /** Whose an entry has to be, by its path relative to the root. */
  ownerOf: (relative: string) => number | null;
  /** Directories that are looked at and not entered: another program's own. */
  closed: readonly string[];
}

export const permissionsCheck = (root: string, rules: PermissionRules): Check => ({
  id: 'permissions',
  run: async (signal) => judgePermissions(await lookAt(root, rules, signal)),
});

async function lookAt(root: string, rules: PermissionRules, signal: AbortSignal): Promise<ExpectedEntry[]> {
  const entries: ExpectedEntry[] = [];
  const pending = [''];
  for (let relative = pending.pop(); relative !== undefined; relative = pending.pop()) {
    signal.throwIfAborted();
    const found = await factsOf(join(root, relative));
    if (found === undefined) continue;
    entries.push({ ...found, owner: rules.ownerOf(relative) });
    if (found.kind !== 'directory' || rules.closed.includes(relative)) continue;
    const names = await readdir(found.path).catch(() => []);
    pending.push(...names.map((name) => join(relative, name)));
  }
  return entries;
}

/** Undefined: gone meanwhile, or nobody may look. */
async function factsOf(path: string): Promise<EntryFacts | undefined> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  const kind = found.isSymbolicLink()
    ? 'link'
    : found.isDirectory()
      ? 'directory'
      : found.isFile()
        ? 'file'
        : 'other';
  return { path, kind, mode: found.mode & 0o7777, uid: found.uid };
}

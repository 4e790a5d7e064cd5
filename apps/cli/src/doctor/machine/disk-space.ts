import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fail, ok, skipped, warn, type Finding } from '../finding.js';
import type { Check } from '../run-checks.js';

/** Bytes that are free for this user on the file system of a path. */
export type FreeSpace = (path: string) => Promise<number>;

const MIB = 1024 * 1024;
const FAIL_BELOW = 100 * MIB;
const WARN_BELOW = 1024 * MIB;

/** @param path what lies on that file system */
export function judgeFreeSpace(bytes: number, path: string): Finding[] {
  const free = `${Math.floor(bytes / MIB)} MiB free at ${path}`;
  const mend = `free some: du -xh --max-depth=2 on the file system of ${path} shows what is large; logs may go`;
  if (bytes < FAIL_BELOW) return [fail(`${free}: too little to record calls, so none will be made`, mend)];
  if (bytes < WARN_BELOW) return [warn(`${free}: less than 1 GiB`, mend)];
  return [ok(free)];
}

export const freeSpace: FreeSpace = async (path) => {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
};

export const diskSpaceCheck = (path: string, freeAt: FreeSpace = freeSpace): Check => ({
  id: 'disk',
  run: async () => {
    for (let place = path; ; place = dirname(place)) {
      try {
        return judgeFreeSpace(await freeAt(place), place);
      } catch {
        // Not made yet: where it will be made counts.
        if (place === dirname(place)) return [skipped(`because nothing is known of the disk of ${path}`)];
      }
    }
  },
});

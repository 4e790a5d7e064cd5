import { readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const GRACE_MS = 8000;
const POLL_MS = 50;

/**
 * Stops a server that an earlier, killed run left behind in this directory. A process is taken for it only when its
 * working directory is this very directory: a number alone may have been given to somebody else meanwhile.
 */
export async function stopOrphan(directory: string): Promise<void> {
  const file = join(directory, 'postmaster.pid');
  const pid = readPid(file);
  if (pid === null) return;
  if (!worksIn(pid, directory)) {
    rmSync(file, { force: true });
    return;
  }
  process.kill(pid, 'SIGINT');
  const deadline = Date.now() + GRACE_MS;
  while (worksIn(pid, directory)) {
    if (Date.now() > deadline) process.kill(pid, 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  rmSync(file, { force: true });
}

function readPid(file: string): number | null {
  try {
    const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
    return Number.isSafeInteger(pid) && pid > 1 ? pid : null;
  } catch {
    return null;
  }
}

function worksIn(pid: number, directory: string): boolean {
  try {
    const state = /^State:\s+(\S)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return state !== 'Z' && readlinkSync(`/proc/${pid}/cwd`) === realpathSync(directory);
  } catch {
    return false;
  }
}

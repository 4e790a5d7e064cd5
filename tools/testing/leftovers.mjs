import { readdirSync, readFileSync } from 'node:fs';

export const RUN_VARIABLE = 'PORTCULLIS_RUN_ID';

/**
 * Processes that were started (at any depth) with `PORTCULLIS_RUN_ID=<runId>` in their environment and are still
 * there. Linux only: elsewhere there is no /proc, and nothing is found.
 * @returns {{pid: number, command: string}[]}
 */
export function leftovers(runId) {
  const mark = `${RUN_VARIABLE}=${runId}`;
  return processIds()
    .filter((pid) => pid !== process.pid && read(pid, 'environ').split('\0').includes(mark))
    .map((pid) => ({ pid, command: read(pid, 'cmdline').split('\0').join(' ').trim().slice(0, 160) }));
}

/** Waits until none is left, at most `graceMs`: services get a moment to stop by themselves. Returns who stayed. */
export async function settle(runId, graceMs) {
  const deadline = Date.now() + graceMs;
  for (;;) {
    const left = leftovers(runId);
    if (left.length === 0 || Date.now() > deadline) return left;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Kills what a run left behind, each by its id. */
export function killAll(processes) {
  for (const { pid } of processes) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
  }
}

function processIds() {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}

/** Empty when the process has gone meanwhile, or is someone else's. */
function read(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return '';
  }
}

import { readdirSync, readFileSync } from 'node:fs';

const MS_PER_TICK = 10;
const MIB_PER_PAGE = 4096 / 2 ** 20;

/** Milliseconds of processor time by name so far, children included; empty where there is no /proc. */
export const cpuOf = (pids) => summed(pids, ({ cpuMs }) => cpuMs);

/** MiB of resident memory by name, children included: pages that they share count for each. */
export const memoryOf = (pids) => summed(pids, ({ mib }) => mib);

export const cpuPerCall = (before, after, calls) =>
  Object.fromEntries(Object.keys(after).map((name) => [name, (after[name] - (before[name] ?? 0)) / calls]));

function summed(pids, figure) {
  const processes = readProcesses();
  if (processes.size === 0) return {};
  return Object.fromEntries(
    Object.entries(pids).map(([name, pid]) => [name, ofTree(processes, { pid, name }, figure)]),
  );
}

/** Everything is a child of the supervisor, which is counted alone. */
function ofTree(processes, { pid, name }, figure) {
  const root = processes.get(pid);
  const own = root === undefined ? 0 : figure(root);
  if (name === 'portcullis') return own;
  const children = [...processes].filter(([, { parent }]) => parent === pid);
  return children.reduce((sum, [child]) => sum + ofTree(processes, { pid: child, name: '' }, figure), own);
}

function readProcesses() {
  const processes = new Map();
  for (const name of listed()) {
    const fields = statOf(name);
    if (fields === null) continue;
    const [parent, user, system, pages] = [1, 11, 12, 21].map((index) => Number(fields[index]));
    const cpuMs = (user + system) * MS_PER_TICK;
    processes.set(Number(name), { parent, cpuMs, mib: pages * MIB_PER_PAGE });
  }
  return processes;
}

function listed() {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

/**
 * proc_pid_stat(5) from the state on: the name before it may hold anything. Null when the process has ended meanwhile.
 */
function statOf(name) {
  try {
    const text = readFileSync(`/proc/${name}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}

import { readdirSync, readFileSync } from 'node:fs';

const MS_PER_TICK = 10;

/** Milliseconds of processor time by name so far, children included; empty where there is no /proc. */
export function cpuOf(pids) {
  const processes = readProcesses();
  const own = process.cpuUsage();
  const client = (own.user + own.system) / 1000;
  const entries = Object.entries(pids).map(([name, pid]) => [name, ofTree(processes, pid, name)]);
  return processes.size === 0 ? {} : { 'the client': client, ...Object.fromEntries(entries) };
}

export const cpuPerCall = (before, after, calls) =>
  Object.fromEntries(Object.keys(after).map((name) => [name, (after[name] - (before[name] ?? 0)) / calls]));

/** Everything is a child of the supervisor, which is counted alone. */
function ofTree(processes, pid, name) {
  const own = processes.get(pid)?.ms ?? 0;
  if (name === 'portcullis') return own;
  const children = [...processes].filter(([, { parent }]) => parent === pid);
  return children.reduce((sum, [child]) => sum + ofTree(processes, child, ''), own);
}

function readProcesses() {
  const processes = new Map();
  for (const name of listed()) {
    const fields = statOf(name);
    if (fields === null) continue;
    const [, parent] = fields;
    processes.set(Number(name), {
      parent: Number(parent),
      ms: (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK,
    });
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

/** From the state on: the name before it may hold anything. Null when the process has ended meanwhile. */
function statOf(name) {
  try {
    const text = readFileSync(`/proc/${name}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}

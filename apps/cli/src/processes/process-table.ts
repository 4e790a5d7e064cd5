import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** A process that can't be mistaken for a later one with the same number: its start time belongs to its identity. */
export interface ProcessIdentity {
  pid: number;
  /** Clock ticks after boot, field 22 of `/proc/<pid>/stat` (proc(5)). */
  startTime: number;
}

/** What the kernel says of a process at this moment (proc(5)). */
export interface ProcessStatus extends ProcessIdentity {
  /** `R`, `S`, `D` … as in field 3; `T` and `t`: stopped by a signal or a debugger. */
  state: string;
  parent: number;
}

/** The identity of a running process, or undefined when there is none (a zombie is none: it can't act any more). */
export function identify(pid: number): ProcessIdentity | undefined {
  const status = statusOf(pid);
  return status === undefined ? undefined : { pid, startTime: status.startTime };
}

/** The same with what it is doing. */
export function statusOf(pid: number): ProcessStatus | undefined {
  const stat = readOrUndefined(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The second field is the command in parentheses and may itself contain blanks and parentheses.
  const [state = '', parent, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (state === 'Z' || state === 'X') return undefined;
  return { pid, startTime: Number(fields[17]), state, parent: Number(parent) };
}

export function isRunning({ pid, startTime }: ProcessIdentity): boolean {
  return identify(pid)?.startTime === startTime;
}

/** Processes whose initial environment contains `name=value`. Only those this user may inspect. */
export function findByEnvironment(name: string, value: string): ProcessIdentity[] {
  const entry = `\0${name}=${value}\0`;
  return findProcesses((pid) => `\0${readOrUndefined(`/proc/${pid}/environ`) ?? ''}\0`.includes(entry));
}

export interface DirectorySearch {
  /** A real path. */
  workingIn: string;
  /** Names of programs, as the kernel keeps them (`/proc/<pid>/comm`). */
  named: readonly string[];
}

/** Processes of these programs that work in this directory. Only those this user may inspect. */
export function findByWorkingDirectory({ workingIn, named }: DirectorySearch): ProcessIdentity[] {
  return findProcesses(
    (pid) => named.includes(nameOf(pid)) && readlinkOrUndefined(`/proc/${pid}/cwd`) === workingIn,
  );
}

/** Name of a process's program, at most 15 characters; empty when there is no such process. */
export const nameOf = (pid: number): string => readOrUndefined(`/proc/${pid}/comm`)?.trimEnd() ?? '';

function findProcesses(matches: (pid: number) => boolean): ProcessIdentity[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .filter((entry) => matches(Number(entry)))
    .map((entry) => identify(Number(entry)))
    .filter((found) => found !== undefined);
}

/** Path of the program that a process runs; undefined if it may not be known. */
export const programRunBy = (pid: number): string | undefined => readlinkOrUndefined(`/proc/${pid}/exe`);

// A process may end between being listed and being read, and another user's is not readable: both mean "not ours".
function readOrUndefined(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}

function readlinkOrUndefined(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

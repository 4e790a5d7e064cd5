import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { endProcess } from './end-process.js';
import { openLog, tailOfLog, writeLog } from './log-file.js';
import { PARENT_PIPE_VARIABLE } from './parent-pipe.js';
import { identify, isRunning, type ProcessIdentity } from './process-table.js';
import { readyReport, untilItAnswers, type Readiness, type ReadyReport } from './readiness.js';

export interface ProcessSpec {
  name: string;
  command: string;
  args: string[];
  /** The whole environment: nothing is inherited. */
  env: Record<string, string>;
  readiness: Readiness;
  readyWithinMs: number;
  /** Default SIGTERM. */
  stopSignal?: NodeJS.Signals;
  /** A Node process of ours or another's: preloaded so that it ends with the supervisor. */
  endsWithParent: boolean;
}

/** Something the supervisor keeps running. */
export interface Part {
  name: string;
  /** Resolves when it is ready. Called again after each unexpected end. */
  start: (context: StartContext) => Promise<RunningProcess>;
}

export const processPart = (spec: ProcessSpec): Part => ({
  name: spec.name,
  start: (context) => startProcess(spec, context),
});

export interface RunningProcess {
  identity: ProcessIdentity;
  report: ReadyReport;
  /** Resolves with a description of its end; never rejects. */
  ended: Promise<string>;
  stop: (deadlineMs: number) => Promise<void>;
  /** At once, with its whole process group. */
  kill: () => void;
}

export interface StartContext {
  logFile: string;
  /** Goes into the environment of every process: how a later run finds what this one has left. */
  mark: Record<string, string>;
  /** Told before readiness is awaited, so that the registry knows a process that never becomes ready. */
  onSpawn: (identity: ProcessIdentity) => void;
  /** Aborting it ends a process that is still starting. */
  signal: AbortSignal;
}

const PARENT_PIPE_FD = 3;

/** Starts one process and waits until it is ready. A process that ends or stays silent is an error with its last log lines. */
async function startProcess(spec: ProcessSpec, context: StartContext): Promise<RunningProcess> {
  const log = openLog(context.logFile);
  const child = launch(spec, context, log);
  const ended = endOf(child, log);
  const said = spec.readiness.by === 'line' ? reportOf(child, log) : undefined;
  const identity = child.pid === undefined ? undefined : identify(child.pid);
  if (identity === undefined) throw await failure(spec, context, ended);
  context.onSpawn(identity);
  const kill = (): void => killGroup(identity);
  const report = await becomeReady(spec, { said, ended, stopping: context.signal }).catch(
    async (error: Error) => {
      kill();
      throw new Error(`${spec.name} ${error.message}${tailFor(context)}`);
    },
  );
  const stop = (deadlineMs: number): Promise<void> =>
    endProcess(identity, { signal: spec.stopSignal ?? 'SIGTERM', deadlineMs });
  return { identity, report, ended, stop, kill };
}

function launch(spec: ProcessSpec, context: StartContext, log: number): ChildProcess {
  return spawn(spec.command, spec.args, {
    env: {
      ...spec.env,
      ...context.mark,
      ...(spec.endsWithParent ? { [PARENT_PIPE_VARIABLE]: String(PARENT_PIPE_FD) } : {}),
    },
    // No working directory of ours: it would keep a mount busy, and nothing may depend on it.
    cwd: '/',
    // A group of its own: Ctrl-C reaches the supervisor alone, which then stops everything in order.
    detached: true,
    stdio: [
      'ignore',
      spec.readiness.by === 'line' ? 'pipe' : log,
      log,
      ...(spec.endsWithParent ? ['pipe' as const] : []),
    ],
  });
}

function endOf(child: ChildProcess, log: number): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`could not be started: ${error.message}`));
    child.once('exit', (code, signal) =>
      resolve(signal ? `was ended by ${signal}` : `ended with code ${code}`),
    );
    child.once('close', () => closeSync(log));
  });
}

/** Copies standard output into the log and picks the ready line out of it. */
function reportOf(child: ChildProcess, log: number): Promise<ReadyReport> {
  return new Promise((resolve) => {
    createInterface({ input: child.stdout! }).on('line', (line) => {
      writeLog(log, `${line}\n`);
      const report = readyReport(line);
      if (report) resolve(report);
    });
  });
}

interface Watched {
  said: Promise<ReadyReport> | undefined;
  ended: Promise<string>;
  stopping: AbortSignal;
}

async function becomeReady(spec: ProcessSpec, { said, ended, stopping }: Watched): Promise<ReadyReport> {
  const late = AbortSignal.timeout(spec.readyWithinMs);
  const over = new AbortController();
  void ended.then((how) => over.abort(new Error(how)));
  const giveUp = AbortSignal.any([late, over.signal, stopping]);
  const given = new Promise<never>((_resolve, reject) => {
    giveUp.addEventListener('abort', () => {
      reject(
        late.aborted ? new Error(`was not ready within ${spec.readyWithinMs} ms`) : (giveUp.reason as Error),
      );
    });
  });
  const { readiness } = spec;
  return Promise.race([readiness.by === 'probe' ? probed(readiness.probe, giveUp) : said!, given]);
}

async function probed(probe: () => Promise<void>, signal: AbortSignal): Promise<ReadyReport> {
  await untilItAnswers(probe, signal);
  return { ready: true };
}

async function failure(spec: ProcessSpec, context: StartContext, ended: Promise<string>): Promise<Error> {
  return new Error(`${spec.name} ${await ended}${tailFor(context)}`);
}

function tailFor({ logFile }: StartContext): string {
  const tail = tailOfLog(logFile);
  return `. Its log is ${logFile}${tail === '' ? '' : `, and ends with:\n${tail}`}`;
}

export function killGroup(leader: ProcessIdentity): void {
  if (!isRunning(leader)) return;
  try {
    process.kill(-leader.pid, 'SIGKILL');
  } catch (error) {
    // The group is gone: what was wanted.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

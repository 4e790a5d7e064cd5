import { closeSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startPostgres, type RunningPostgres } from '@portcullis/embedded-postgres';
import { endProcess } from '../processes/end-process.js';
import { openLog, writeLog } from '../processes/log-file.js';
import {
  killGroup,
  type Part,
  type RunningProcess,
  type StartContext,
} from '../processes/managed-process.js';
import { identify } from '../processes/process-table.js';

export interface PostgresLocation {
  directory: string;
  port: number;
  superuserPassword: string;
}

/** Written into the cluster once it has served: a directory without it is a set-up that was interrupted. */
const COMPLETE = 'portcullis-complete';

/** The embedded PostgreSQL as a part that is supervised and restarted like the others. */
export const postgresPart = (location: PostgresLocation): Part => ({
  name: 'postgres',
  start: (context) => start(location, context),
});

async function start(location: PostgresLocation, context: StartContext): Promise<RunningProcess> {
  context.signal.throwIfAborted();
  discardUnfinished(location.directory);
  const log = openLog(context.logFile);
  const server = await startPostgres({ ...location, onLog: (text) => writeLog(log, text) });
  const marker = join(location.directory, COMPLETE);
  if (!existsSync(marker)) writeFileSync(marker, '', { flush: true });
  return supervised(server, { context, log });
}

/** initdb writes its version file early, so a killed one leaves what looks like a cluster. It has never held data. */
function discardUnfinished(directory: string): void {
  if (!existsSync(join(directory, COMPLETE))) rmSync(directory, { recursive: true, force: true });
}

function supervised(
  server: RunningPostgres,
  { context, log }: { context: StartContext; log: number },
): RunningProcess {
  const identity = identify(server.process.pid!);
  if (identity === undefined) throw new Error(`postgres ended at once. Its log is ${context.logFile}`);
  context.onSpawn(identity);
  const ended = new Promise<string>((resolve) => {
    server.process.once('exit', (code, signal) =>
      resolve(signal ? `was ended by ${signal}` : `ended with code ${code}`),
    );
    server.process.once('close', () => closeSync(log));
  });
  return {
    identity,
    report: { ready: true, port: server.port },
    ended,
    // SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for every client to leave.
    stop: (deadlineMs) => endProcess(identity, { signal: 'SIGINT', deadlineMs }),
    kill: () => killGroup(identity),
  };
}

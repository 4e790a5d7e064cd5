import { execFile } from 'node:child_process';
import { url as inspectorUrl } from 'node:inspector';
import { promisify } from 'node:util';
import { AppError } from '@portcullis/contracts';
import type { Logger } from '@portcullis/platform';

const run = promisify(execFile);

/** Options of Node that let somebody look into the memory of the process, or write it to disk. */
const MEMORY_OPTIONS = [
  '--inspect',
  '--debug',
  '--heapsnapshot',
  '--heap-prof',
  '--abort-on-uncaught-exception',
  '--report-on',
  '--report-uncaught',
  '--experimental-report',
  '--trace-event',
];

export interface ProcessFacts {
  readonly production: boolean;
  /** Options given on the command line and in NODE_OPTIONS. */
  readonly options: readonly string[];
  readonly inspectorActive: boolean;
}

/** Why a process with these options must not hold keys, or null. */
export function processFault(facts: ProcessFacts): string | null {
  if (!facts.production) return null;
  if (facts.inspectorActive)
    return 'The inspector is active: it shows the keys of everybody. Start without it.';
  const option = facts.options.find((it) => MEMORY_OPTIONS.some((prefix) => it.startsWith(prefix)));
  return option === undefined ? null : `Option ${option.split('=')[0]} could show the memory of the process.`;
}

/**
 * Closes the ways in which memory leaves the process: refuses inspector and dump options, keeps SIGUSR1 from opening the
 * inspector, ends diagnostic reports, and sets the core file limit to zero where `prlimit` is there to do it.
 *
 * @throws AppError `FAILED_PRECONDITION` in production, with the reason.
 */
export async function guardProcess(nodeEnv: string, nodeOptions: string, logger: Logger): Promise<void> {
  const fault = processFault({
    production: nodeEnv === 'production',
    options: [...process.execArgv, ...nodeOptions.split(/\s+/).filter((option) => option !== '')],
    inspectorActive: inspectorUrl() !== undefined,
  });
  if (fault !== null) throw new AppError('FAILED_PRECONDITION', fault);
  // Node opens the inspector on SIGUSR1 unless somebody else listens to it.
  process.on('SIGUSR1', () => logger.warn('SIGUSR1 is ignored: it would open the inspector'));
  process.report.reportOnFatalError = false;
  process.report.reportOnSignal = false;
  process.report.reportOnUncaughtException = false;
  try {
    await run('prlimit', ['--pid', String(process.pid), '--core=0:0']);
  } catch (err) {
    logger.warn({ err }, 'core dumps could not be switched off: set the limit in the unit or the container');
  }
}

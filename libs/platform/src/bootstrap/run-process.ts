import { AppError } from '@portcullis/contracts';
import type { Logger } from '../logging/logger.js';

export interface RunningService {
  /** What the ready line says beside `ready: true`: ports, mostly. */
  readonly ready: Record<string, string | number>;
  /** Ends orderly: takes no new work, lets the work at hand end, closes connections. */
  stop(): Promise<void>;
}

export interface ProcessOptions {
  service: string;
  logger: Logger;
  /** Stop when standard input ends, so that no service outlives whoever started it. */
  exitWithParent: boolean;
  start(): Promise<RunningService>;
}

/** How long an orderly stop may take, milliseconds; then the process ends anyway. */
const STOP_DEADLINE_MS = 8000;

/**
 * Life of a service's process: start, say so in one JSON line on stdout, stop on SIGTERM or SIGINT. A start that fails
 * says why in one line and exits with 1; a defect that nobody caught is logged and ends the process (exit code 70),
 * since a half-working service is worse than a restarted one.
 */
export async function runProcess(options: ProcessOptions): Promise<void> {
  const { logger } = options;
  process.on('uncaughtException', (err) => {
    logger.fatal({ err }, 'uncaught exception');
    process.exit(70);
  });
  process.on('unhandledRejection', (err) => {
    logger.fatal({ err }, 'unhandled rejection');
    process.exit(70);
  });
  try {
    const running = await options.start();
    stopOnSignals(options, running);
    process.stdout.write(`${JSON.stringify({ ready: true, service: options.service, ...running.ready })}\n`);
  } catch (err) {
    logger.fatal({ err }, 'the service does not start');
    process.exit(1);
  }
}

function stopOnSignals(options: ProcessOptions, running: RunningService): void {
  let stopping = false;
  const stop = (why: string): void => {
    if (stopping) return;
    stopping = true;
    options.logger.info({ why }, 'stopping');
    setTimeout(() => process.exit(1), STOP_DEADLINE_MS).unref();
    running.stop().then(
      () => process.exit(0),
      (err: unknown) => {
        options.logger.error({ err }, 'stopping failed');
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', () => stop('SIGTERM'));
  process.once('SIGINT', () => stop('SIGINT'));
  if (!options.exitWithParent) return;
  process.stdin.resume();
  process.stdin.once('end', () => stop('parent ended'));
  process.stdin.once('error', () => stop('parent ended'));
}

/** Parsing the configuration comes before there is a logger: one line on stderr, naming the variables, exit code 78. */
export function exitOnBadConfig<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    const text = error instanceof AppError ? error.message : 'The configuration can not be read.';
    process.stderr.write(`${text}\n`);
    process.exit(78);
  }
}

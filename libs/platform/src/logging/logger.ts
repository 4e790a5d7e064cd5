import { pino, type DestinationStream, type Logger } from 'pino';
import { currentCorrelation } from './correlation.js';

export type { Logger };

/**
 * The operational log of one process: JSON lines on stderr (stdout is for the ready line alone), with the correlation id
 * of the request at hand, and the id of its trace while tracing is on. Not the audit trail. Never given raw headers,
 * environment or secrets: a lint rule checks it.
 */
export function createLogger(service: string, level: string, destination?: DestinationStream): Logger {
  return pino(
    {
      level,
      base: { service, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      mixin: requestAtHand,
      // Only what an error says of itself: its own properties could hold a request with headers.
      serializers: { err: describeError },
    },
    destination ?? logTo(2),
  );
}

function requestAtHand(): Record<string, string> {
  const { correlationId, span } = currentCorrelation() ?? {};
  return {
    ...(correlationId === undefined ? {} : { correlationId }),
    ...(span === undefined ? {} : { traceId: span.spanContext().traceId }),
  };
}

/** Characters that are kept for later while they can't be written; then lines are dropped. */
const MAX_UNWRITTEN = 1024 * 1024;

/** A log that can't be written, on a full disk mostly, is no reason to end the service whose log it is. */
export function logTo(fd: number): DestinationStream {
  const destination = pino.destination({ fd, sync: true, maxLength: MAX_UNWRITTEN });
  destination.on('error', () => undefined);
  return destination;
}

interface DescribedError {
  type: string;
  message: string;
  code?: unknown;
  stack?: string;
  cause?: DescribedError;
}

function describeError(error: unknown): DescribedError | undefined {
  if (error === undefined || error === null) return undefined;
  if (!(error instanceof Error)) return { type: typeof error, message: 'not an Error' };
  const code = (error as { code?: unknown }).code;
  return {
    type: error.name,
    message: error.message,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(error.stack === undefined ? {} : { stack: error.stack }),
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
  };
}

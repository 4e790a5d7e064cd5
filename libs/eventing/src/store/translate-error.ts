import { AppError } from '@portcullis/contracts';

/** What the client's errors have in common; told apart by `type`, as its own guards do. */
interface ClientError {
  type: string;
  actualVersion?: bigint | 'no_stream';
  maxAppendSize?: number;
}

const isClientError = (error: unknown): error is ClientError =>
  error instanceof Error && typeof (error as { type?: unknown }).type === 'string';

/** Kinds after which it is certain that an append did not happen; after any other its outcome is unknown. */
const NOT_APPENDED = { outcome: 'not_appended' } as const;

const BY_TYPE: Record<string, (error: ClientError) => AppError> = {
  'wrong-expected-version': (error) =>
    new AppError('CONFLICT', 'The stream has changed meanwhile', {
      details: { ...NOT_APPENDED, actual: String(error.actualVersion ?? 'no_stream') },
      cause: error,
    }),
  'stream-deleted': (error) =>
    new AppError('FAILED_PRECONDITION', 'The stream was deleted for ever', {
      details: NOT_APPENDED,
      cause: error,
    }),
  'maximum-append-size-exceeded': (error) =>
    new AppError('PAYLOAD_TOO_LARGE', 'The events are larger than the event store accepts in one append', {
      details: { ...NOT_APPENDED, limit: error.maxAppendSize },
      cause: error,
    }),
  'invalid-argument': (error) =>
    new AppError('INVALID_ARGUMENT', 'The event store refused an argument', {
      details: NOT_APPENDED,
      cause: error,
    }),
  'access-denied': (error) =>
    new AppError('UNAVAILABLE', 'The event store refused the credentials', {
      details: NOT_APPENDED,
      cause: error,
    }),
  'deadline-exceeded': (error) =>
    new AppError('DEADLINE_EXCEEDED', 'The event store did not answer in time', { cause: error }),
};

/** For everything but appends. */
export function translateError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const known = isClientError(error) ? BY_TYPE[error.type] : undefined;
  if (known) return known(error as ClientError);
  return new AppError('UNAVAILABLE', 'The event store is not available', { cause: error });
}

/** For appends: whatever is not certainly refused has an unknown outcome. */
export function translateAppendError(error: unknown): AppError {
  const translated = translateError(error);
  if (translated.details?.['outcome'] === NOT_APPENDED.outcome) return translated;
  return unknownOutcome(error);
}

export function unknownOutcome(cause?: unknown): AppError {
  return new AppError('UNAVAILABLE', 'The event store did not confirm the append; it may have happened', {
    details: { outcome: 'unknown' },
    cause,
  });
}

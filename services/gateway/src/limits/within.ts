import { AppError } from '@portcullis/contracts';

export interface Waiting {
  /** Milliseconds since the epoch. */
  deadline: number;
  /** Rejects with its reason when it is aborted. */
  signal?: AbortSignal;
}

/**
 * The result of work that goes on whether or not somebody still waits for it.
 *
 * @throws AppError `DEADLINE_EXCEEDED`, or the signal's reason: how the work ends is then nobody's concern any more
 */
export async function within<T>({ deadline, signal }: Waiting, work: Promise<T>): Promise<T> {
  signal?.throwIfAborted();
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new AppError('DEADLINE_EXCEEDED', 'There was no answer in time.')),
      Math.max(0, deadline - Date.now()),
    );
    onAbort = () => reject(signal?.reason as Error);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
  // Whichever loses the race may still reject.
  work.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort);
  }
}

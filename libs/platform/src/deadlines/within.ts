import { AppError } from '@portcullis/contracts';

export interface Waiting {
  /** Milliseconds since the epoch. */
  deadline: number;
  /** Rejects with its reason when it is aborted. */
  signal?: AbortSignal;
  now?: () => number;
  /** What to reject with when the time is up; default: `DEADLINE_EXCEEDED`. */
  late?: () => Error;
}

const noAnswer = (): Error => new AppError('DEADLINE_EXCEEDED', 'There was no answer in time.');

/**
 * The result of work that goes on whether or not somebody still waits for it.
 *
 * @throws what `late` gives, or the signal's reason: how the work ends is then nobody's concern any more
 */
export async function within<T>(
  { deadline, signal, now = Date.now, late = noAnswer }: Waiting,
  work: Promise<T>,
): Promise<T> {
  // Whichever loses may still reject, and nobody is left to hear it: also when nobody waits from the start.
  work.catch(() => undefined);
  signal?.throwIfAborted();
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  const timeUp = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), Math.max(0, deadline - now()));
    onAbort = () => reject(signal?.reason as Error);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, timeUp]);
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort);
  }
}

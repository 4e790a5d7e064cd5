import { setTimeout as pause } from 'node:timers/promises';
import { AppError, ERROR_TABLE } from '@portcullis/contracts';

const TRIES = 6;
const PAUSE_MS = 300;
/** Longest that an answer may have one wait before the next try. */
const LONGEST_MS = 5000;

/** Tries again what may come out otherwise in a moment, some times. @throws what the last try did; the reason of an abort */
export async function insist<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      const again = error instanceof AppError && ERROR_TABLE[error.code].retryable;
      if (!again || tries >= TRIES) throw error;
      await pause(Math.max(PAUSE_MS * tries, waitOf(error)), undefined, { signal });
    }
  }
}

/** How long the other side wants to be left alone. */
function waitOf({ details }: AppError): number {
  const ms = details?.['retryAfterMs'];
  return typeof ms === 'number' ? Math.min(ms, LONGEST_MS) : 0;
}

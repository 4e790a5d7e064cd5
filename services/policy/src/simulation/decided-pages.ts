import { setTimeout as pause } from 'node:timers/promises';
import {
  AppError,
  ERROR_TABLE,
  VERBS,
  type DecidedCallsReply,
  type DecidedCallsRequest,
  type VerbCalls,
} from '@portcullis/contracts';

const ROWS = 5000;
const TRIES = 6;
const PAUSE_MS = 300;

type Period = Pick<DecidedCallsRequest, 'org' | 'from' | 'to'>;

/** The decided calls of a period page by page; the next page is on its way while one is looked at. */
export async function* decidedPages(
  audit: VerbCalls,
  period: Period,
  signal: AbortSignal,
): AsyncGenerator<DecidedCallsReply['rows'], void, undefined> {
  let page = fetchPage(audit, { ...period, after: null }, signal);
  for (;;) {
    const { rows, next } = await page;
    signal.throwIfAborted();
    if (next !== null) {
      page = fetchPage(audit, { ...period, after: next }, signal);
      // Whoever stops looking leaves it behind.
      page.catch(() => undefined);
    }
    yield rows;
    if (next === null) return;
  }
}

async function fetchPage(
  audit: VerbCalls,
  wanted: Omit<DecidedCallsRequest, 'limit'>,
  signal: AbortSignal,
): Promise<DecidedCallsReply> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await audit.call(VERBS.decidedCalls, { ...wanted, limit: ROWS });
    } catch (error) {
      const again = error instanceof AppError && ERROR_TABLE[error.code].retryable;
      if (!again || tries >= TRIES) throw error;
      await pause(PAUSE_MS * tries, undefined, { signal });
    }
  }
}

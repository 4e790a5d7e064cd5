import {
  VERBS,
  type DecidedCallsReply,
  type DecidedCallsRequest,
  type VerbCalls,
} from '@portcullis/contracts';
import { insist } from './insist.js';

const ROWS = 5000;

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

const fetchPage = (
  audit: VerbCalls,
  wanted: Omit<DecidedCallsRequest, 'limit'>,
  signal: AbortSignal,
): Promise<DecidedCallsReply> =>
  insist(() => audit.call(VERBS.decidedCalls, { ...wanted, limit: ROWS }), signal);

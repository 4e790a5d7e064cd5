import type { DecidedCallsReply, DecidedCallsRequest } from '@portcullis/contracts';
import type { DecidedCallsView } from '../ports/decided-calls-view.js';
import type { ReadBarrier } from '../ports/read-barrier.js';
import { FRESHNESS_MS } from '../query/query-records.js';

/** UTF-16 units of the rows of one answer: with everything around them it fits into one message. */
const PAGE_UNITS = 860 * 1024;
/** Of the quotes in a row, which is text inside of text, and the comma behind it. */
const ESCAPES = 80;
/** So many rows fit at most; more are not fetched. */
const MOST = 3200;

export interface DecidedCallsParts {
  view: DecidedCallsView;
  barrier: ReadBarrier;
  now(): Date;
}

/** Decided calls for policy, which decides them again. The first page shows everything acknowledged before, or `STALE`. */
export class ReadDecidedCalls {
  constructor(private readonly parts: DecidedCallsParts) {}

  async run({ org, limit, ...period }: DecidedCallsRequest): Promise<DecidedCallsReply> {
    const { view, barrier, now } = this.parts;
    if (period.after === null) await barrier.reached(org, now().getTime() + FRESHNESS_MS);
    const wanted = Math.min(limit, MOST);
    const found = await view.decidedCalls(org, { ...period, limit: wanted });
    const rows = fitting(found.map(({ text }) => text));
    const last = found[rows.length - 1];
    const ended = found.length < wanted && rows.length === found.length;
    return { rows, next: ended || last === undefined ? null : last.position };
  }
}

/** At least one, if there is any. */
function fitting(rows: readonly string[]): string[] {
  let room = PAGE_UNITS;
  const over = rows.findIndex((row) => (room -= row.length + ESCAPES) < 0);
  return rows.slice(0, over < 0 ? rows.length : Math.max(1, over));
}

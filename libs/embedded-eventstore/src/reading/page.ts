import { setImmediate as turn } from 'node:timers/promises';

/** Rows per query. After each full page the event loop gets a turn, so that no scan holds up appends. */
export const PAGE = 256;

export const yieldTurn = (): Promise<void> => turn(undefined, { ref: false });

import { setTimeout as pause } from 'node:timers/promises';

export interface Deadline {
  /** Milliseconds since the epoch. */
  at: number;
  now(): number;
  /** What to reject with when the time is up. */
  late(): Error;
}

/** Settles like `work`, or rejects when the deadline has passed. The abandoned work goes on; its result is ignored. */
export async function beforeDeadline<T>(work: Promise<T>, { at, now, late }: Deadline): Promise<T> {
  const timer = new AbortController();
  const timeout = pause(Math.max(0, at - now()), undefined, { signal: timer.signal }).then(() => {
    throw late();
  });
  timeout.catch(() => undefined);
  work.catch(() => undefined);
  try {
    return await Promise.race([work, timeout]);
  } finally {
    timer.abort();
  }
}

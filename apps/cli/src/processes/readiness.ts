import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** What a process said about itself when it became ready: ports and the like. */
export type ReadyReport = Record<string, unknown>;

/**
 * How a process shows that it can serve: by a JSON line `{"ready":true,…}` on its standard output, or by answering a
 * probe that resolves once it does and rejects while it doesn't yet.
 */
export type Readiness = { by: 'line' } | { by: 'probe'; probe: () => Promise<void> };

const POLL_MS = 25;

/** Repeats a probe until it succeeds; rejects with the signal's reason when that comes first. */
export async function untilItAnswers(probe: () => Promise<void>, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    try {
      return await probe();
    } catch {
      // Not ready yet: whoever waits has the deadline.
      await delay(POLL_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }
}

/** Succeeds when something accepts TCP connections on this loopback port. */
export function tcpProbe(port: number): () => Promise<void> {
  return () =>
    new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1');
      socket.setTimeout(1_000, () => socket.destroy(new Error('timeout')));
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.destroy();
        resolve();
      });
    });
}

/** The report in a line of output, if it is one. */
export function readyReport(line: string): ReadyReport | undefined {
  if (!line.startsWith('{') || !line.includes('"ready"')) return undefined;
  try {
    const parsed = JSON.parse(line) as ReadyReport;
    return parsed['ready'] === true ? parsed : undefined;
  } catch {
    return undefined;
  }
}

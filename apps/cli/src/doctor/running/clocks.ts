import { fail, skipped, unlessFaulty, warn, type Finding } from '../finding.js';
import type { Check } from '../run-checks.js';

export interface ClockReading {
  /** Whose clock. */
  source: string;
  /** Its time minus ours, milliseconds. */
  aheadMs: number;
  /** By how much that may be wrong: half the time the question took, and half its resolution. */
  uncertainMs: number;
}

/** Tokens between services are refused when clocks differ by more (docs/reference/formats.md). */
const REFUSED_MS = 5_000;
const WARN_MS = 2_000;
const MEND =
  'timedatectl status on both machines; switch on time synchronisation: sudo timedatectl set-ntp true';

export function judgeClocks(readings: readonly ClockReading[]): Finding[] {
  if (readings.length === 0) return [skipped('because nobody told the time')];
  const faults = readings.flatMap(({ source, aheadMs, uncertainMs }) => {
    // The least that it must be, so that a slow answer is not taken for a wrong clock.
    const atLeast = Math.abs(aheadMs) - uncertainMs;
    const what = `the clock of ${source} is ${(Math.abs(aheadMs) / 1000).toFixed(1)} s ${aheadMs > 0 ? 'ahead of' : 'behind'} this one`;
    if (atLeast > REFUSED_MS) return [fail(`${what}; tokens allow 5 s`, MEND)];
    return atLeast > WARN_MS ? [warn(`${what}; tokens allow 5 s`, MEND)] : [];
  });
  return unlessFaulty(
    faults,
    `${readings.map(({ source }) => source).join(', ')}: within 2 s of this machine`,
  );
}

export interface ClockSource {
  name: string;
  /** Milliseconds since the epoch by that clock, and its resolution. */
  read: (signal: AbortSignal) => Promise<{ timeMs: number; resolutionMs: number }>;
}

/** Sources that do not answer are left out: that is another check's fault. */
export const clocksCheck = (sources: readonly ClockSource[], now: () => Date): Check => ({
  id: 'clocks',
  run: async (signal) => {
    const readings = await Promise.all(
      sources.map((source) => readClock(source, now, signal).catch(() => undefined)),
    );
    return judgeClocks(readings.filter((reading) => reading !== undefined));
  },
});

async function readClock(
  { name, read }: ClockSource,
  now: () => Date,
  signal: AbortSignal,
): Promise<ClockReading> {
  const before = now().getTime();
  const { timeMs, resolutionMs } = await read(signal);
  const after = now().getTime();
  return {
    source: name,
    aheadMs: timeMs + resolutionMs / 2 - (before + after) / 2,
    uncertainMs: (after - before) / 2 + resolutionMs / 2,
  };
}

const HTTP_RESOLUTION_MS = 1_000;
const TIMEOUT_MS = 6_000;

/** The `Date` of an answer (RFC 9110, section 6.6.1): whole seconds, rounded down. */
export const httpClock = (name: string, url: string): ClockSource => ({
  name,
  read: async (signal) => {
    const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]) });
    await response.body?.cancel();
    const timeMs = Date.parse(response.headers.get('date') ?? '');
    if (Number.isNaN(timeMs)) throw new Error('no date');
    return { timeMs, resolutionMs: HTTP_RESOLUTION_MS };
  },
});

/** @param query runs SQL and gives the rows */
export const postgresClock = (query: (sql: string) => Promise<Record<string, unknown>[]>): ClockSource => ({
  name: 'PostgreSQL',
  read: async () => {
    const [row] = await query('SELECT extract(epoch FROM clock_timestamp()) * 1000 AS ms');
    return { timeMs: Number(row?.['ms']), resolutionMs: 0 };
  },
});

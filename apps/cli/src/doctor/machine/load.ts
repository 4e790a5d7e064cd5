import { availableParallelism, loadavg } from 'node:os';
import { info, ok, type Finding } from '../finding.js';
import type { Check } from '../run-checks.js';

const BUSY_PER_PROCESSOR = 4;

/** @param load average of the last minute */
export function judgeLoad(load: number, processors: number): Finding[] {
  const what = `load ${load.toFixed(1)} on ${processors} processors`;
  return load > BUSY_PER_PROCESSOR * processors
    ? [info(`${what}: so busy that what is said not to answer may only be slow`)]
    : [ok(what)];
}

export const loadCheck = (): Check => ({
  id: 'load',
  run: () => judgeLoad(loadavg()[0] ?? 0, availableParallelism()),
});

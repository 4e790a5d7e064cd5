import { readFileSync } from 'node:fs';

const MS_PER_TICK = 10;

export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Medians of the rounds, the ratio within a round. */
export const rowOf = (metric, rounds) => ({
  metric,
  value: median(rounds.map(({ value }) => value)),
  baseline: median(rounds.map(({ baseline }) => baseline)),
  ratio: median(rounds.map(({ value, baseline }) => value / baseline)),
});

/** Milliseconds of processor time of a process so far (proc_pid_stat(5)): Linux only. */
export function cpuMs(pid) {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}

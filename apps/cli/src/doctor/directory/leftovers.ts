import { quoted, unlessFaulty, warn, type Finding } from '../finding.js';
import type { Check } from '../run-checks.js';

export interface LeftoverFacts {
  /** Some process holds the installation. */
  held: boolean;
  /** Processes of the installation that run. */
  running: readonly { pid: number; name: string }[];
  /** Entries of the registry whose process is gone. */
  stale: readonly string[];
  up: string;
}

/** What a supervisor that was killed has left. While one runs, its parts are its own business. */
export function judgeLeftovers({ held, running, stale, up }: LeftoverFacts): Finding[] {
  if (held) return unlessFaulty([], 'none: the installation is held by a running supervisor');
  const faults: Finding[] = [];
  if (running.length > 0) {
    const names = running.map(({ pid, name }) => `${name} (${pid})`).join(', ');
    const pids = running.map(({ pid }) => pid).join(' ');
    faults.push(
      warn(`left by a supervisor that is gone: ${names}`, `kill ${pids}; or start: ${up}, which ends them`),
    );
  }
  if (stale.length > 0)
    faults.push(
      warn(`the registry names processes that are gone: ${stale.join(', ')}`, `${up}, which writes it anew`),
    );
  return unlessFaulty(faults, 'no processes and no stale entries of an earlier run');
}

export const leftoversCheck = (facts: LeftoverFacts): Check => ({
  id: 'leftovers',
  run: () => judgeLeftovers(facts),
});

/** The command that starts the embedded shape on a directory. */
export const upCommand = (command: string, root: string): string => `${command} up --data ${quoted(root)}`;

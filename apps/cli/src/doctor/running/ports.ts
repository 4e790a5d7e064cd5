import { fail, skipped, unlessFaulty, warn, type Finding } from '../finding.js';
import type { Check } from '../run-checks.js';

export type PortHolder = 'free' | 'ours' | 'stranger';

export interface PortFacts {
  /** What it is for. */
  name: string;
  port: number;
  holder: PortHolder;
}

export interface PortContext {
  running: boolean;
  /** The next start can't take another one for these. */
  fixed: readonly string[];
}

/** While it runs, what nobody holds is the fault of the part that should: that part's own check tells. */
export function judgePorts(ports: readonly PortFacts[], { running, fixed }: PortContext): Finding[] {
  if (ports.length === 0) return [skipped('because no ports have been chosen yet')];
  const faults = ports.flatMap(({ name, port, holder }) => {
    if (holder !== 'stranger') return [];
    const who = `to see who: sudo ss -ltnp 'sport = :${port}'`;
    const what = `port ${port} (${name}) is held by another program`;
    if (running) return [fail(what, `end that program; ${who}`)];
    return fixed.includes(name)
      ? [fail(what, `end that program, or start with another --port; ${who}`)]
      : [warn(`${what}; the next start takes another one`, `end that program to keep the port; ${who}`)];
  });
  return unlessFaulty(faults, `${ports.length} ports are ${running ? 'held by their parts' : 'free'}`);
}

export const portsCheck = (
  ports: Partial<Record<string, number>>,
  holderOf: (port: number, name: string) => Promise<PortHolder>,
  context: PortContext,
): Check => ({
  id: 'ports',
  run: async () => {
    const known = Object.entries(ports).flatMap(([name, port]) =>
      port === undefined ? [] : [{ name, port }],
    );
    const facts = known.map(async (each) => ({ ...each, holder: await holderOf(each.port, each.name) }));
    return judgePorts(await Promise.all(facts), context);
  },
});

import { statusOf } from '../src/processes/process-table.js';
import { eventually } from './eventually.js';

/** What else can't be told, or isn't ready, while a part is stopped: the documented consequences. */
export const CONSEQUENCES: Record<string, string[]> = {
  nats: ['vault', 'policy', 'audit', 'control', 'gateway'],
  postgres: [
    ...['vault', 'audit', 'control', 'policy', 'gateway'],
    ...['schema-control', 'schema-vault', 'schema-audit', 'backlog'],
  ],
  eventstore: ['policy', 'audit', 'control', 'gateway'],
  // Control and the gateway are degraded without those that they ask.
  vault: ['control', 'gateway'],
  policy: ['control', 'gateway'],
  audit: ['control', 'gateway'],
  // Nobody holds a lease without it.
  control: ['vault', 'policy', 'gateway'],
  gateway: [],
};

/** Runs something while a process is stopped, and lets it go on in any case. */
export async function whileStopped<T>(pid: number, work: () => Promise<T>): Promise<T> {
  process.kill(pid, 'SIGSTOP');
  try {
    await eventually(() => statusOf(pid)?.state === 'T');
    return await work();
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}

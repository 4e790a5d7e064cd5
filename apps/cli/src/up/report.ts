import type { ReadyReport } from '../processes/readiness.js';
import type { Seeded } from '../seeding/seed-installation.js';
import type { RunningInstallation } from './start-installation.js';

/** The one line that `--json` prints. URLs are without credentials. */
export interface UpReport extends Omit<Seeded, 'shown'> {
  mcp: string;
  admin: string;
  policyGrpc: string;
  nats: string;
  eventStore: string;
  postgres: string;
  data: string;
  logs: string;
  pids: Record<string, number>;
  /** Ports of further replicas, by name (`gateway-2`). A replica that is started again has others. */
  replicas: Record<string, Record<string, number>>;
}

export function reportOf(
  { data, ports, supervisor, replicaReports }: RunningInstallation,
  seeded: Seeded,
): UpReport {
  const { shown: _shown, ...given } = seeded;
  return {
    mcp: `http://127.0.0.1:${ports.mcp}/mcp`,
    admin: `http://127.0.0.1:${ports.admin}`,
    ...given,
    policyGrpc: `127.0.0.1:${ports.policyGrpc}`,
    nats: `nats://127.0.0.1:${ports.nats}`,
    eventStore: `esdb://localhost:${ports.eventStore}?tls=true`,
    postgres: `postgres://127.0.0.1:${ports.postgres}/portcullis`,
    data: data.root,
    logs: data.logs,
    pids: { portcullis: process.pid, ...supervisor.pids() },
    replicas: Object.fromEntries(
      Object.entries(replicaReports).map(([name, report]) => [name, portsIn(report)]),
    ),
  };
}

const portsIn = (report: ReadyReport): Record<string, number> =>
  Object.fromEntries(Object.entries(report).filter((entry) => typeof entry[1] === 'number')) as Record<
    string,
    number
  >;

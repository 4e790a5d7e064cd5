import type { ReadyReport } from '../processes/readiness.js';
import type { Seeded } from '../seeding/seed-installation.js';
import { SERVICES, type EmbeddedService } from '../setup/trust.js';
import type { RunningInstallation } from './start-installation.js';

/** The one line that `--json` prints. URLs are without credentials. */
export interface UpReport extends Omit<Seeded, 'shown'> {
  mcp: string;
  admin: string;
  policyGrpc: string;
  policyAuthzen: string;
  nats: string;
  eventStore: string;
  postgres: string;
  data: string;
  logs: string;
  pids: Record<string, number>;
  /** Where each service has its health and metrics. One that is started again has another port. */
  operations: Record<string, string>;
  /** Ports of further replicas, by name (`gateway-2`). A replica that is started again has others. */
  replicas: Record<string, Record<string, number>>;
}

export function reportOf(
  { data, ports, supervisor, reports }: RunningInstallation,
  seeded: Seeded,
): UpReport {
  const { shown: _shown, ...given } = seeded;
  return {
    mcp: `http://127.0.0.1:${ports.mcp}/mcp`,
    admin: `http://127.0.0.1:${ports.admin}`,
    ...given,
    policyGrpc: `127.0.0.1:${ports.policyGrpc}`,
    policyAuthzen: `http://127.0.0.1:${ports.policyAuthzen}`,
    nats: `nats://127.0.0.1:${ports.nats}`,
    eventStore: `esdb://localhost:${ports.eventStore}?tls=true`,
    postgres: `postgres://127.0.0.1:${ports.postgres}/portcullis`,
    data: data.root,
    logs: data.logs,
    pids: { portcullis: process.pid, ...supervisor.pids() },
    operations: Object.fromEntries(
      SERVICES.map((service) => [service, operationsUrl(portsIn(reports[service] ?? {}))]),
    ),
    replicas: Object.fromEntries(
      Object.entries(reports)
        .filter(([name]) => !SERVICES.includes(name as EmbeddedService))
        .map(([name, report]) => [name, portsIn(report)]),
    ),
  };
}

/** Services that face clients have it apart from their own port. */
const operationsUrl = ({ operations, httpPort }: Record<string, number>): string =>
  `http://127.0.0.1:${operations ?? httpPort}`;

const portsIn = (report: ReadyReport): Record<string, number> =>
  Object.fromEntries(Object.entries(report).filter((entry) => typeof entry[1] === 'number')) as Record<
    string,
    number
  >;

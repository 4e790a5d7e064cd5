import type { Server } from 'node:net';
import { connectionString } from '@portcullis/embedded-eventstore';
import type { UpEnvironment } from '../config.js';
import { natsPart } from '../nats/nats-part.js';
import { natsServerBinary } from '../nats/nats-server-binary.js';
import { postgresPart } from '../postgres/postgres-part.js';
import { ensureServiceDatabases } from '../postgres/service-databases.js';
import type { Part } from '../processes/managed-process.js';
import type { ReadyReport } from '../processes/readiness.js';
import { reapOrphans } from '../processes/reap-orphans.js';
import { holdInstallation } from '../processes/single-instance.js';
import { Supervisor } from '../processes/supervisor.js';
import { everythingPart, notesPart } from '../samples/sample-parts.js';
import { notesTokenHashFile } from '../samples/notes-token.js';
import { openDataDirectory, type DataDirectory } from '../setup/data-directory.js';
import { completeInstallation, installationId } from '../setup/installation.js';
import { writeFileAtomically } from '../setup/private-files.js';
import { readSecret } from '../setup/secrets.js';
import { SERVICES, type EmbeddedService } from '../setup/trust.js';
import { migrateDatabases } from './migrate-databases.js';
import { eventStoreCredentials, eventStorePart, replicaPart, servicePart } from './parts.js';
import { choosePorts } from './ports.js';
import { describeEvent, type Progress } from './progress.js';
import { eventStoreUrlFile, type Run } from './service-environment.js';

export interface UpOptions {
  dataDirectory: string;
  mcpPort: number;
  environment: UpEnvironment;
  progress: Progress;
  /** Aborting it ends the start. */
  signal: AbortSignal;
}

export interface RunningInstallation extends Run {
  supervisor: Supervisor;
  /** What the services and their further replicas (`gateway-2`) said when they were ready, by name: their ports. */
  reports: Record<string, ReadyReport>;
  /** Ends everything in reverse order and lets the data directory go. */
  stop: () => Promise<void>;
}

/** Ended last. */
const STORES = 1;

/** Who asks is ended before whom it asks: first no new calls come in, then what is under way is recorded. */
const STAGE_OF: Record<EmbeddedService, number> = { gateway: 4, control: 3, vault: 2, policy: 2, audit: 2 };

/** How long another run that is just ending may take to let the directory go. */
const WAIT_FOR_OTHER_RUN_MS = 10_000;

/**
 * Starts all parts of an installation on loopback and resolves when each can serve. A start that fails or is aborted
 * ends what it has started before it rejects.
 */
export async function startInstallation(options: UpOptions): Promise<RunningInstallation> {
  const data = openDataDirectory(options.dataDirectory);
  const id = installationId(data);
  const lock = await holdInstallation(id, {
    waitMs: WAIT_FOR_OTHER_RUN_MS,
    onWait: () => options.progress.note('Another run uses this data directory; waiting for it to end'),
  });
  const supervisor = new Supervisor({
    logDirectory: data.logs,
    registryFile: data.file('run', 'processes.json'),
    instanceId: id,
    onEvent: (event) => options.progress.note(describeEvent(event)),
  });
  const stop = async (): Promise<void> => {
    await supervisor.stop();
    await release(lock);
  };
  const abort = (): void => void supervisor.stop();
  options.signal.addEventListener('abort', abort);
  try {
    const run = await prepare(data, id, options);
    const reports = await startParts(run, supervisor, options);
    return { ...run, supervisor, reports, stop };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    options.signal.removeEventListener('abort', abort);
  }
}

const release = (lock: Server): Promise<void> => new Promise((resolve) => lock.close(() => resolve()));

async function prepare(data: DataDirectory, id: string, options: UpOptions): Promise<Run> {
  const { mcpPort, progress, environment } = options;
  const search = {
    registryFile: data.file('run', 'processes.json'),
    instanceId: id,
    postgresDirectory: data.postgres,
  };
  const orphans = await reapOrphans(search);
  if (orphans > 0)
    progress.note(`Ended ${orphans} process${orphans > 1 ? 'es' : ''} that an earlier run had left`);
  const ports = await choosePorts(data, mcpPort);
  const { tuning, replicas, tracing } = environment;
  return { data, installation: completeInstallation(data, id), ports, tuning, tracing, replicas };
}

async function startParts(
  run: Run,
  supervisor: Supervisor,
  options: UpOptions,
): Promise<Record<string, ReadyReport>> {
  const { data, ports } = run;
  const start = (label: string, part: Part, stage: number = STORES): Promise<ReadyReport> =>
    options.progress.step(label, () => supervisor.start(part, stage));
  const binary = natsServerBinary({
    named: options.environment.NATS_SERVER_BIN,
    path: options.environment.PATH,
  });
  const superuserPassword = readSecret(data, 'postgres-superuser');
  await allOf([
    start('message broker (nats-server)', natsPart(data, binary, ports.nats)),
    start('event store', eventStorePart(run)),
    start('PostgreSQL', postgresPart({ directory: data.postgres, port: ports.postgres, superuserPassword })),
    start('sample server "notes"', notesPart(ports.notes, notesTokenHashFile(data))),
    start('sample server "everything"', everythingPart(ports.everything)),
  ]);
  writeFileAtomically(
    eventStoreUrlFile(data),
    connectionString(eventStoreCredentials(data), ports.eventStore),
  );
  await options.progress.step('database schemas', async () => {
    await ensureServiceDatabases(data, ports.postgres);
    await migrateDatabases(run, options.signal);
  });
  const reports: Record<string, ReadyReport> = {};
  const replicas = SERVICES.flatMap((service) =>
    [servicePart(service, run), ...furtherReplicas(service, run)].map(async (part) => {
      reports[part.name] = await start(part.name, part, STAGE_OF[service]);
    }),
  );
  await allOf(replicas);
  return reports;
}

function furtherReplicas(service: EmbeddedService, run: Run): Part[] {
  const count = (run.replicas[service] ?? 1) - 1;
  return Array.from({ length: count }, (_, index) => replicaPart(service, index + 2, run));
}

/** Like `Promise.all`, but rejects only after all have settled, so that nothing is still being started then. */
async function allOf(work: Promise<unknown>[]): Promise<void> {
  const results = await Promise.allSettled(work);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

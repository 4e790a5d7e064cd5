import { realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { endProcess } from './end-process.js';
import {
  findByEnvironment,
  findByWorkingDirectory,
  isRunning,
  nameOf,
  type ProcessIdentity,
} from './process-table.js';
import { ProcessRegistry } from './process-registry.js';

/** Every process we start carries this variable with the id of the installation. */
export const INSTANCE_VARIABLE = 'PORTCULLIS_INSTANCE';

export interface OrphanSearch {
  registryFile: string;
  instanceId: string;
  /** PostgreSQL's processes are known by the data directory they work in: they overwrite their environment. */
  postgresDirectory: string;
}

/**
 * Ends what a killed run has left: first what its registry names, then whatever carries this installation's mark, which
 * also finds a process that was started in the instant before the registry was written. Returns how many there were.
 */
export async function reapOrphans(search: OrphanSearch): Promise<number> {
  const orphans = findOrphans(search);
  await Promise.all(
    orphans.map((orphan) => endProcess(orphan, { signal: signalFor(orphan), deadlineMs: 4_000 })),
  );
  // The server's own children go by themselves when it does; one that hangs would keep the shared memory busy.
  const rest = findOrphans(search);
  await Promise.all(rest.map((orphan) => endProcess(orphan, { signal: 'SIGQUIT', deadlineMs: 1_000 })));
  return orphans.length;
}

/** On SIGTERM PostgreSQL would wait for its clients, on SIGINT it ends their transactions and itself. */
const signalFor = ({ pid }: ProcessIdentity): NodeJS.Signals =>
  nameOf(pid) === 'postgres' ? 'SIGINT' : 'SIGTERM';

/** Whoever merely looks around in the directory is not one of them. */
const POSTGRES_PROGRAMS = ['postgres', 'initdb'];

/** What is running of this installation; orphans if nobody holds it. */
export function findOrphans(search: OrphanSearch): ProcessIdentity[] {
  const found = [
    ...ProcessRegistry.read(search.registryFile).filter(isRunning),
    ...findByEnvironment(INSTANCE_VARIABLE, search.instanceId),
    ...findByWorkingDirectory({ workingIn: realPath(search.postgresDirectory), named: POSTGRES_PROGRAMS }),
  ];
  return [...new Map(found.map((each) => [each.pid, each])).values()];
}

/** The directory itself may not exist yet; the one above it does. */
function realPath(directory: string): string {
  return join(realpathSync(dirname(directory)), basename(directory));
}

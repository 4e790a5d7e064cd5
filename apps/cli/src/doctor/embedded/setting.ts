import { hasSocket, listeningSockets } from '../../processes/listeners.js';
import { nameOf, statusOf } from '../../processes/process-table.js';
import { ProcessRegistry } from '../../processes/process-registry.js';
import { findOrphans } from '../../processes/reap-orphans.js';
import { isHeld } from '../../processes/single-instance.js';
import type { DataDirectory } from '../../setup/data-directory.js';
import { lastPorts, type Ports } from '../../up/ports.js';
import type { FreeSpace } from '../machine/disk-space.js';
import type { PortHolder } from '../running/ports.js';

/** What doctor takes from outside, so that tests can give it another time or a full disk. */
export interface Surroundings {
  now: () => Date;
  freeAt: FreeSpace;
  /** Names of the PORTCULLIS_ variables that are set. */
  variables: readonly string[];
  /** Path of nats-server; throws with what to do when there is none. */
  natsServer: () => string;
  /** How this command line was called: `node …/main.js`. */
  command: string;
}

/** A data directory of `portcullis up`, and what runs on it at this moment. */
export interface EmbeddedSetting extends Surroundings {
  data: DataDirectory;
  /** Some process holds the installation. */
  held: boolean;
  ports: Partial<Ports>;
  /** What the registry names and what runs, by part. */
  parts: ReadonlyMap<string, number>;
  /** Processes of the installation, also such that no registry names. */
  running: readonly { pid: number; name: string }[];
  /** Parts of the registry whose process is gone. */
  stale: readonly string[];
}

export async function lookAtSetting(
  data: DataDirectory,
  id: string,
  surroundings: Surroundings,
): Promise<EmbeddedSetting> {
  const registryFile = data.file('run', 'processes.json');
  const registered = ProcessRegistry.read(registryFile);
  const alive = registered.filter(({ pid, startTime }) => statusOf(pid)?.startTime === startTime);
  const running = findOrphans({ registryFile, instanceId: id, postgresDirectory: data.postgres });
  return {
    ...surroundings,
    data,
    held: await isHeld(id),
    ports: lastPorts(data),
    parts: new Map(alive.map(({ name, pid }) => [name, pid])),
    running: running.map(({ pid }) => ({ pid, name: nameOf(pid) })),
    stale: registered.filter((entry) => !alive.includes(entry)).map(({ name }) => name),
  };
}

/** Who listens on a port, as far as this user may see. */
export function holderOf(port: number, { running }: Pick<EmbeddedSetting, 'running'>): PortHolder {
  const sockets = listeningSockets(port);
  if (sockets.length === 0) return 'free';
  return running.some(({ pid }) => hasSocket(pid, sockets)) ? 'ours' : 'stranger';
}

import { tcpProbe } from '../processes/readiness.js';
import { processPart, type Part } from '../processes/managed-process.js';
import type { DataDirectory } from '../setup/data-directory.js';
import { writeFileAtomically } from '../setup/private-files.js';
import { natsConfig } from './nats-config.js';
import { ensureNatsUsers } from './nats-users.js';

/** The nats-server of the embedded shape; its configuration is written anew at each start. */
export function natsPart(data: DataDirectory, binary: string, port: number): Part {
  const file = data.file('nats', 'nats.conf');
  writeFileAtomically(file, natsConfig(port, ensureNatsUsers(data)));
  return processPart({
    name: 'nats',
    command: binary,
    args: ['--config', file],
    env: {},
    readiness: { by: 'probe', probe: tcpProbe(port) },
    readyWithinMs: 30_000,
    endsWithParent: false,
  });
}

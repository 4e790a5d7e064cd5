import { skipped } from '../finding.js';
import { diskSpaceCheck } from '../machine/disk-space.js';
import { environmentCheck } from '../machine/environment.js';
import { loadCheck } from '../machine/load.js';
import { natsServerCheck } from '../machine/nats-server.js';
import { nodeCheck } from '../machine/node.js';
import { postgresBinariesCheck } from '../machine/postgres-binaries.js';
import { upCommand } from '../directory/leftovers.js';
import type { Check } from '../run-checks.js';
import { portsCheck } from '../running/ports.js';
import { sealCheck } from '../running/seal.js';
import { programRunBy } from '../../processes/process-table.js';
import { directoryChecks } from './directory-checks.js';
import { runningChecks } from './running-checks.js';
import { holderOf, type EmbeddedSetting, type Surroundings } from './setting.js';

/** A start fails when another program holds it, or would bring an upstream to another address. */
const FIXED_PORTS = ['mcp', 'notes', 'everything'];

/** All checks of a data directory of `portcullis up`, whether it runs or not. */
export function embeddedChecks(setting: EmbeddedSetting, owner: number): Check[] {
  const { held, ports, data, command } = setting;
  const start = `because Portcullis does not run on ${data.root}; ${upCommand(command, data.root)} starts it`;
  return [
    ...machineChecks(data.root, natsServerOf(setting)),
    ...directoryChecks(setting, owner),
    portsCheck(ports, async (port) => holderOf(port, setting), { running: held, fixed: FIXED_PORTS }),
    ...(held ? runningChecks(setting) : [{ id: 'parts', run: () => [skipped(start)] }]),
    sealCheck(),
  ];
}

/** The one that runs counts, wherever it was found. */
function natsServerOf(setting: EmbeddedSetting): Surroundings {
  const pid = setting.parts.get('nats');
  const program = pid === undefined ? undefined : programRunBy(pid);
  return program === undefined ? setting : { ...setting, natsServer: () => program };
}

/** What can be checked of a machine before anything is there. */
export const machineChecks = (
  directory: string,
  { natsServer, freeAt, variables }: Surroundings,
): Check[] => [
  nodeCheck(),
  natsServerCheck(natsServer),
  postgresBinariesCheck(),
  diskSpaceCheck(directory, freeAt),
  loadCheck(),
  environmentCheck(variables),
];

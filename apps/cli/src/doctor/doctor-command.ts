import { lstatSync } from 'node:fs';
import { resolve } from 'node:path';
import { doctorEnvironment } from '../config.js';
import { natsServerBinary } from '../nats/nats-server-binary.js';
import { dataDirectoryAt } from '../setup/data-directory.js';
import { existingInstallationId } from '../setup/installation.js';
import { describeForPeople, reportOf } from './describe-findings.js';
import { embeddedChecks, machineChecks } from './embedded/embedded-checks.js';
import { lookAtSetting, type Surroundings } from './embedded/setting.js';
import { skipped, quoted } from './finding.js';
import { freeSpace } from './machine/disk-space.js';
import { provisionedChecks } from './provisioned/provisioned-checks.js';
import { parseServices, readComposeEnvironment } from './provisioned/setting.js';
import { runChecks, type Check } from './run-checks.js';

export interface DoctorArguments {
  /** Undefined: where `portcullis up` keeps everything when it is not told. */
  data?: string;
  /** A directory of `portcullis provision`, instead of a data directory. */
  installation?: string;
  /** Of parts of that installation. */
  nats?: string;
  postgres?: string;
  eventstore?: string;
  service?: string[];
  json: boolean;
}

const DEFAULT_DIRECTORY = '.portcullis';

/**
 * `portcullis doctor`: looks at a set-up, changes nothing, prints what is wrong and how to mend it. Returns the exit
 * code: 0 when nothing failed, 1 when something did, 2 when it could not look.
 */
export async function doctor(options: DoctorArguments): Promise<number> {
  const { data, installation, json } = options;
  const making = installation === undefined ? checksOf(data) : checksOfProvisioned(installation, options);
  const checks = await making.catch((error: Error) => error.message);
  if (typeof checks === 'string') {
    process.stderr.write(`${checks}\n`);
    return 2;
  }
  const report = reportOf(await runChecks(checks));
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : describeForPeople(report));
  return report.ok ? 0 : 1;
}

async function checksOf(wanted: string | undefined): Promise<Check[]> {
  const surroundings = surroundingsOf();
  const data = dataDirectoryAt(wanted ?? DEFAULT_DIRECTORY);
  const found = lstatSync(data.root, { throwIfNoEntry: false });
  if (found === undefined) {
    if (wanted !== undefined) throw new Error(`There is nothing at ${data.root}`);
    const reason = `because there is nothing at ${data.root} yet; --data names another place`;
    return [...machineChecks(data.root, surroundings), { id: 'directory', run: () => [skipped(reason)] }];
  }
  const caller = process.getuid!();
  if (caller !== 0 && caller !== found.uid)
    throw new Error(`${data.root} belongs to user ${found.uid}: run doctor as that user`);
  const id = existingInstallationId(data);
  if (id === undefined)
    throw new Error(
      `${data.root} is no data directory of portcullis up: its installation.json can not be read`,
    );
  return embeddedChecks(await lookAtSetting(data, id, surroundings), found.uid);
}

async function checksOfProvisioned(directory: string, options: DoctorArguments): Promise<Check[]> {
  const root = resolve(directory);
  const variables = await readComposeEnvironment(root);
  if (variables === undefined)
    throw new Error(`${root} is no directory of portcullis provision: its compose.env can not be read`);
  const { nats, postgres, eventstore } = options;
  const addresses = {
    ...(nats === undefined ? {} : { nats }),
    ...(postgres === undefined ? {} : { postgres }),
    ...(eventstore === undefined ? {} : { eventstore }),
    services: parseServices(options.service ?? []),
  };
  const setting = { root, variables, addresses, now: () => new Date(), freeAt: freeSpace };
  return provisionedChecks(setting, lstatSync(root).uid);
}

function surroundingsOf(): Surroundings {
  const { NATS_SERVER_BIN: named, PATH: path, variables } = doctorEnvironment();
  return {
    now: () => new Date(),
    freeAt: freeSpace,
    variables,
    natsServer: () => natsServerBinary({ named, path }),
    command: `node ${quoted(process.argv[1] ?? 'portcullis')}`,
  };
}

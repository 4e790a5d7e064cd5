import { join } from 'node:path';
import type { NatsUser } from '@portcullis/contracts';
import { natsSeedFile } from '../../nats/nats-users.js';
import {
  databaseUrlFile,
  SERVICES_WITH_DATABASE,
  type ServiceWithDatabase,
} from '../../postgres/service-databases.js';
import { statusOf } from '../../processes/process-table.js';
import { SERVICES, type EmbeddedService } from '../../setup/trust.js';
import { programOf } from '../../up/program-of.js';
import { eventStoreUrlFile } from '../../up/service-environment.js';
import type { Ports } from '../../up/ports.js';
import { upCommand } from '../directory/leftovers.js';
import { NATS_USERS } from '../directory/nats-users.js';
import { readOwnFile } from '../directory/read-own-file.js';
import { fail, ok, type Finding } from '../finding.js';
import type { Check } from '../run-checks.js';
import { askEventStore } from '../running/ask-event-store.js';
import { askNats } from '../running/ask-nats.js';
import { askPort } from '../running/ask-port.js';
import { askPostgres, queryAs, type Rows } from '../running/ask-postgres.js';
import { askService } from '../running/ask-service.js';
import { backlogCheck } from '../running/backlog.js';
import { clocksCheck, httpClock, postgresClock } from '../running/clocks.js';
import { judgePart, showLog, type PartAnswer, type PartProcess } from '../running/part.js';
import { schemaCheck } from '../running/schema.js';
import { VERSION } from '../version.js';
import type { EmbeddedSetting } from './setting.js';

/** What only a running installation can be asked. */
export function runningChecks(setting: EmbeddedSetting): Check[] {
  return [
    { id: 'supervisor', run: () => supervisor(setting) },
    ...storeChecks(setting),
    ...SERVICES.map((service) =>
      partCheck(setting, service, (signal) => askService(baseOf(service, setting), VERSION, signal)),
    ),
    ...(['notes', 'everything'] as const).map((sample) =>
      partCheck(setting, sample, () => askPort(setting.ports[sample] ?? 0)),
    ),
    ...SERVICES_WITH_DATABASE.map((service) => schemaOf(service, setting)),
    clocks(setting),
    backlogCheck(
      (role, sql) => query(setting, role, sql),
      SERVICES_WITH_DATABASE.map((name) => `schema-${name}`),
    ),
  ];
}

function storeChecks(setting: EmbeddedSetting): Check[] {
  const { data, ports } = setting;
  const again = `end Portcullis, then ${upCommand(setting.command, data.root)}`;
  const nats = {
    url: `nats://127.0.0.1:${ports.nats}`,
    users: NATS_USERS,
    seedOf: (user: NatsUser) => natsSeedFile(data, user),
    mend: again,
    deployed: false,
  };
  return [
    partCheck(setting, 'nats', () => askNats(nats)),
    partCheck(setting, 'postgres', () => askPostgres(roles(setting), again)),
    partCheck(setting, 'eventstore', () => askEventStore(eventStoreUrlFile(data))),
  ];
}

/** Every part is alone in the check of its name. */
function partCheck(
  setting: EmbeddedSetting,
  name: string,
  ask: (signal: AbortSignal) => Promise<PartAnswer>,
): Check {
  const place = {
    process: processOf(setting.parts.get(name)),
    log: showLog(join(setting.data.logs, `${name}.log`)),
    restart: `kill ${setting.parts.get(name) ?? 'PID'}; portcullis up starts it again`,
  };
  return { id: name, run: async (signal) => judgePart(place, await ask(signal)) };
}

function processOf(pid: number | undefined): PartProcess {
  const status = pid === undefined ? undefined : statusOf(pid);
  return status === undefined ? 'gone' : { pid: status.pid, stopped: isStopped(status.state) };
}

const isStopped = (state: string): boolean => state === 'T' || state === 't';

/** Who started the parts starts them again when they end: unless it is stopped itself. */
function supervisor({ parts }: EmbeddedSetting): Finding[] {
  const [part] = parts.values();
  const parent = part === undefined ? undefined : statusOf(part)?.parent;
  const status = parent === undefined ? undefined : statusOf(parent);
  if (status === undefined) return [ok('it runs and is starting its parts')];
  if (isStopped(status.state))
    return [
      fail(`process ${status.pid} is stopped, so no part that ends comes back`, `kill -CONT ${status.pid}`),
    ];
  return [ok(`process ${status.pid} runs ${parts.size} parts`)];
}

const HEALTH_PORT: Record<EmbeddedService, keyof Ports> = {
  gateway: 'mcp',
  control: 'admin',
  vault: 'vaultHealth',
  policy: 'policyHealth',
  audit: 'auditHealth',
};

const baseOf = (service: EmbeddedService, { ports }: EmbeddedSetting): string =>
  `http://127.0.0.1:${ports[HEALTH_PORT[service]]}`;

const roles = ({ data }: EmbeddedSetting) =>
  SERVICES_WITH_DATABASE.flatMap((service) =>
    (['owner', 'app', 'job'] as const).map((role) => ({
      role: `${service}_${role}`,
      urlFile: databaseUrlFile(data, service, role),
    })),
  );

const schemaOf = (service: ServiceWithDatabase, { data, command }: EmbeddedSetting): Check =>
  schemaCheck({
    service,
    program: programOf(`@portcullis/${service}`, 'migrate.js'),
    ownerUrlFile: databaseUrlFile(data, service, 'owner'),
    needs: ['postgres'],
    mend: {
      migrate: `end Portcullis, then ${upCommand(command, data.root)}, which migrates`,
      log: showLog(join(data.logs, `${service}-migration.log`)),
    },
  });

async function query(setting: EmbeddedSetting, role: string, sql: string): Promise<Rows> {
  const found = roles(setting).find((each) => each.role === role);
  const url = found === undefined ? undefined : await readOwnFile(found.urlFile);
  if (url === undefined) throw new Error(`there is no URL of ${role}`);
  return queryAs(url.trim(), sql);
}

const clocks = (setting: EmbeddedSetting): Check =>
  clocksCheck(
    [
      postgresClock((sql) => query(setting, 'audit_app', sql)),
      ...SERVICES.map((service) => httpClock(service, `${baseOf(service, setting)}/health/live`)),
    ],
    setting.now,
  );

import { join } from 'node:path';
import { SERVICES_WITH_DATABASE } from '../../postgres/service-databases.js';
import { SERVICES } from '../../setup/trust.js';
import { NATS_USERS } from '../directory/nats-users.js';
import { readOwnFile } from '../directory/read-own-file.js';
import { quoted, skipped } from '../finding.js';
import type { Check } from '../run-checks.js';
import { askEventStore } from '../running/ask-event-store.js';
import { askNats } from '../running/ask-nats.js';
import { askPostgres, queryAs } from '../running/ask-postgres.js';
import { askService } from '../running/ask-service.js';
import { clocksCheck, httpClock, postgresClock } from '../running/clocks.js';
import { judgePart, type PartAnswer } from '../running/part.js';
import { VERSION } from '../version.js';
import type { ProvisionedSetting } from './setting.js';

/** Path of a mounted file inside a container, in what was written for the containers. */
const MOUNT = '/run/portcullis';

/** What can be asked of the parts whose address was given. */
export function runningChecks(setting: ProvisionedSetting): Check[] {
  const { addresses } = setting;
  return [
    part(setting, 'nats', addresses.nats, (address) => nats(setting, address)),
    part(setting, 'postgres', addresses.postgres, (address) =>
      askPostgres(
        roles(setting, address),
        'the password in the database is another one: ALTER ROLE … PASSWORD',
      ),
    ),
    part(setting, 'eventstore', addresses.eventstore, (address) =>
      askEventStore(join(setting.root, 'policy', 'eventstore-url'), (url) =>
        here(setting.root, 'policy', url.replace(/@[^?]+/, `@${address}`)),
      ),
    ),
    ...SERVICES.map((service) =>
      part(setting, service, addresses.services[service], (base, signal) =>
        askService(base, VERSION, signal),
      ),
    ),
    ...SERVICES_WITH_DATABASE.map(schema),
    clocks(setting),
  ];
}

function part(
  { root }: ProvisionedSetting,
  name: string,
  address: string | undefined,
  ask: (address: string, signal: AbortSignal) => Promise<PartAnswer>,
): Check {
  const option = (SERVICES as readonly string[]).includes(name)
    ? `--service ${name}=URL`
    : `--${name} HOST:PORT`;
  if (address === undefined)
    return { id: name, run: () => [skipped(`because no address was given (${option})`)] };
  const container = name === 'eventstore' ? 'kurrentdb' : name;
  const compose = `docker compose --env-file ${quoted(join(root, 'compose.env'))} -f infra/docker-compose.yml`;
  const place = {
    process: 'unknown' as const,
    log: `${compose} logs --tail 20 ${container}`,
    restart: `${compose} restart ${container}`,
  };
  return { id: name, run: async (signal) => judgePart(place, await ask(address, signal)) };
}

const nats = ({ root }: ProvisionedSetting, address: string): Promise<PartAnswer> =>
  askNats({
    url: `tls://${address}`,
    authorityFile: join(root, 'operator', 'internal-ca.crt'),
    users: NATS_USERS,
    seedOf: (user) => join(root, ...(user === 'tool' ? ['operator', 'tool-nats.seed'] : [user, 'nats.seed'])),
    mend: 'nats.conf and the seeds have to be of one installation: restart nats after mending nats-users',
    deployed: true,
  });

const roles = ({ root }: ProvisionedSetting, address: string) =>
  SERVICES_WITH_DATABASE.flatMap((service) =>
    Object.entries({
      owner: [`${service}-migration`, 'database-owner-url'],
      app: [service, 'database-url'],
      job: [service, 'database-job-url'],
    }).map(([role, [directory = '', file = '']]) => ({
      role: `${service}_${role}`,
      urlFile: join(root, directory, file),
      relocate: (url: string) => here(root, directory, url.replace(/@[^/]+/, `@${address}`)),
    })),
  );

/** With the path of the authority's certificate on this machine instead of in the container. */
const here = (root: string, directory: string, url: string): string =>
  url.replace(encodeURIComponent(MOUNT), encodeURIComponent(join(root, directory)));

/** The owner's URL is good inside the network of the containers only. */
const schema = (service: string): Check => ({
  id: `schema-${service}`,
  run: () => [
    skipped(
      `because it is asked in a container: docker compose … run --rm ${service}-migration node services/${service}/dist/migrate.js --check`,
    ),
  ],
});

function clocks(setting: ProvisionedSetting): Check {
  const { postgres, services } = setting.addresses;
  const database = postgres === undefined ? [] : [databaseClock(setting, postgres)];
  const others = Object.entries(services).map(([name, base]) => httpClock(name, `${base}/health/live`));
  return clocksCheck([...database, ...others], setting.now);
}

const databaseClock = (setting: ProvisionedSetting, address: string) =>
  postgresClock(async (sql) => {
    const role = roles(setting, address).find((each) => each.role === 'audit_app');
    const url = role === undefined ? undefined : await readOwnFile(role.urlFile);
    if (role === undefined || url === undefined) throw new Error('there is no URL of audit_app');
    return queryAs(role.relocate(url.trim()), sql);
  });

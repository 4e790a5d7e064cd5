import { spawnSync } from 'node:child_process';
import { cpSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startPostgres, type RunningPostgres } from '@portcullis/embedded-postgres';
import { natsServerBinary } from '../../src/nats/nats-server-binary.js';
import { endWithParentArguments } from '../../src/processes/parent-pipe.js';
import { freePorts } from '../../src/processes/free-ports.js';
import { processPart } from '../../src/processes/managed-process.js';
import { tcpProbe } from '../../src/processes/readiness.js';
import { Supervisor } from '../../src/processes/supervisor.js';
import { everythingPart } from '../../src/samples/sample-parts.js';
import { programOf } from '../../src/up/program-of.js';
import { query, speakTlsOnly } from './postgres-with-tls.js';
import {
  environmentOutside,
  isMigration,
  outside,
  ownServices,
  packageOf,
  readCompose,
  readVariables,
  REPOSITORY,
  type ComposeFile,
  type ComposeService,
} from './compose-file.js';

/**
 * Runs what the compose file describes without containers: each service with its command, its environment and its
 * directory of a provisioned installation. Only addresses differ (loopback instead of the names in Docker's networks),
 * and the embedded event store, with KurrentDB's certificate and password, stands for KurrentDB.
 */
export interface RunningInstallation {
  /** HTTP ports by service. */
  ports: Record<string, number>;
  /** `host:port` by store. */
  stores: { nats: string; postgres: string; eventstore: string };
  /** The sample upstream, which the gateway was allowed to reach. */
  upstream: string;
  postgres: RunningPostgres;
  stop(): Promise<void>;
}

interface Stores {
  nats: number;
  postgres: number;
  kurrentdb: number;
  upstream: number;
}

export async function runProvisioned(directory: string, scratch: string): Promise<RunningInstallation> {
  const [nats, postgres, kurrentdb, upstream] = (await freePorts(4)) as [number, number, number, number];
  const stores = { nats, postgres, kurrentdb, upstream };
  const moved = relocate(directory, join(scratch, 'moved'), stores);
  const variables = readVariables(directory);
  const file = readCompose({
    ...variables,
    PORTCULLIS_DIR: moved,
    PORTCULLIS_EGRESS_ALLOW: `127.0.0.1:${upstream}`,
  });
  mkdirSync(join(scratch, 'logs'), { mode: 0o700 });
  const supervisor = new Supervisor({
    logDirectory: join(scratch, 'logs'),
    registryFile: join(scratch, 'processes.json'),
    instanceId: scratch,
    onEvent: () => undefined,
  });
  const cluster = await startStores(supervisor, { moved, scratch, stores, file });
  const stop = async (): Promise<void> => {
    await supervisor.stop();
    await cluster.stop();
  };
  try {
    await supervisor.start(everythingPart(upstream), 1);
    for (const [name, service] of ownServices(file)) if (isMigration(name)) migrate(name, service);
    const ports = await startServices(supervisor, file, stores);
    const places = {
      nats: `localhost:${nats}`,
      postgres: `localhost:${postgres}`,
      eventstore: `localhost:${kurrentdb}`,
    };
    return {
      ...{ ports, stores: places, postgres: cluster, stop },
      upstream: `http://127.0.0.1:${upstream}/mcp`,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A copy whose addresses are of this machine; everything secret stays what it is. */
function relocate(directory: string, copy: string, stores: Stores): string {
  cpSync(directory, copy, { recursive: true });
  for (const entry of readdirSync(copy, { recursive: true, encoding: 'utf8' })) {
    const path = join(copy, entry);
    if (!/(database|eventstore)[a-z-]*-url$/.test(entry) || !lstatSync(path).isFile()) continue;
    const text = readFileSync(path, 'utf8')
      .replace('@postgres:5432', `@localhost:${stores.postgres}`)
      .replace('@kurrentdb:2113', `@localhost:${stores.kurrentdb}`)
      .replace(encodeURIComponent('/run/portcullis'), encodeURIComponent(join(copy, entry.split('/')[0]!)));
    writeFileSync(path, text);
  }
  return copy;
}

interface Setting {
  moved: string;
  scratch: string;
  stores: Stores;
  file: ComposeFile;
}

async function startStores(supervisor: Supervisor, setting: Setting): Promise<RunningPostgres> {
  const { moved, scratch, stores, file } = setting;
  const read = (...path: string[]): string => readFileSync(join(moved, ...path), 'utf8').trim();
  const config = JSON.parse(
    read('nats', 'nats.conf').replaceAll('/run/portcullis', join(moved, 'nats')),
  ) as object;
  const natsFile = join(scratch, 'nats.conf');
  writeFileSync(natsFile, JSON.stringify({ ...config, listen: `127.0.0.1:${stores.nats}`, http: undefined }));
  const binary = natsServerBinary({ named: process.env['NATS_SERVER_BIN'], path: process.env['PATH'] ?? '' });
  const probed = { by: 'probe', probe: tcpProbe(stores.nats) } as const;
  const nats = {
    name: 'nats',
    command: binary,
    args: ['--config', natsFile],
    env: {},
    endsWithParent: false,
  };
  await supervisor.start(processPart({ ...nats, readiness: probed, readyWithinMs: 15_000 }), 1);
  await startEventStore(supervisor, setting, read);
  const { environment } = file.services['postgres']!;
  const superuserPassword = read('postgres', 'superuser-password');
  const cluster = await startPostgres({
    directory: join(scratch, 'pg'),
    port: stores.postgres,
    superuserPassword,
  });
  const database = environment!['POSTGRES_DB']!;
  await query(cluster.superuserUrl, `CREATE DATABASE ${database}`);
  const inside = cluster.superuserUrl.replace(/\/postgres$/, `/${database}`);
  await query(inside, read('postgres', 'init', '10-portcullis.sql'));
  await speakTlsOnly(join(scratch, 'pg'), join(moved, 'postgres'), cluster.superuserUrl);
  return cluster;
}

async function startEventStore(
  supervisor: Supervisor,
  { scratch, stores, file }: Setting,
  read: (...path: string[]) => string,
): Promise<void> {
  const kurrentdb = file.services['kurrentdb']!;
  const pem = (variable: string): string =>
    readFileSync(outside(kurrentdb, kurrentdb.environment![variable]!), 'utf8');
  const credentials = {
    user: 'admin',
    password: read('kurrentdb', 'admin-password'),
    tls: {
      key: pem('KURRENTDB_CERTIFICATE_PRIVATE_KEY_FILE'),
      certificate: pem('KURRENTDB_CERTIFICATE_FILE'),
    },
  };
  const credentialsFile = join(scratch, 'eventstore-credentials.json');
  writeFileSync(credentialsFile, JSON.stringify(credentials), { mode: 0o600 });
  const program = programOf('@portcullis/embedded-eventstore', 'main.js');
  const place = ['--data', join(scratch, 'events.sqlite'), '--port', String(stores.kurrentdb)];
  await supervisor.start(
    nodePart('eventstore', [program, ...place, '--credentials-file', credentialsFile], {}),
    1,
  );
}

function migrate(name: string, service: ComposeService): void {
  const [, program] = service.command!;
  const env = environmentOutside(service);
  const run = spawnSync(process.execPath, [join(REPOSITORY, program!)], { env, encoding: 'utf8', cwd: '/' });
  if (run.status !== 0) throw new Error(`${name} ended with ${run.status}: ${run.stderr}${run.stdout}`);
}

/** All at once, as after a power cut: none waits for another. */
async function startServices(
  supervisor: Supervisor,
  file: ComposeFile,
  stores: Stores,
): Promise<Record<string, number>> {
  const services = ownServices(file).filter(([name]) => !isMigration(name));
  const started = await Promise.all(
    services.map(async ([name, service]) => {
      const loopback = {
        HTTP_HOST: '127.0.0.1',
        HTTP_PORT: '0',
        NATS_URL: `tls://localhost:${stores.nats}`,
      };
      const grpc: Record<string, string> =
        name === 'policy'
          ? { GRPC_HOST: '127.0.0.1', GRPC_PORT: '0', AUTHZEN_HOST: '127.0.0.1', AUTHZEN_PORT: '0' }
          : {};
      const given = environmentOutside(service);
      // In a container each has the port to itself.
      const operations: Record<string, string> =
        'OPERATIONS_PORT' in given ? { OPERATIONS_HOST: '127.0.0.1', OPERATIONS_PORT: '0' } : {};
      const env = { NODE_ENV: 'production', ...given, ...loopback, ...grpc, ...operations };
      const program = join(REPOSITORY, service.command![1]!);
      const report = await supervisor.start(nodePart(packageOf(service), [program], env), 2);
      return [name, Number(report['port'] ?? report['http'] ?? report['httpPort'])] as const;
    }),
  );
  return Object.fromEntries(started);
}

const nodePart = (name: string, args: string[], env: Record<string, string>) =>
  processPart({
    name,
    command: process.execPath,
    args: [...endWithParentArguments(), '--disable-warning=ExperimentalWarning', ...args],
    env: { PATH: process.env['PATH'] ?? '', ...env },
    readiness: { by: 'line' },
    readyWithinMs: 60_000,
    endsWithParent: true,
  });

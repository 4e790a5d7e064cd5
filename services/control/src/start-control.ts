import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { NestFactory, Reflector } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Secret, VerbCaller, VERBS, type JsonValue, type Keyring } from '@portcullis/contracts';
import type { NatsConnection } from '@nats-io/transport-node';
import {
  brokerCheck,
  connectDatabase,
  connectNats,
  databaseCheck,
  loadKeyring,
  NatsRequester,
  NestLogger,
  outsideTrace,
  operationsAddress,
  peerCheck,
  portOf,
  readinessOf,
  startHealthServer,
  startTelemetry,
  PassThroughFilter,
  ProblemFilter,
  ServiceCallerAuthenticator,
  VerbServer,
  type Logger,
  type ReadinessCheck,
  type RunningService,
} from '@portcullis/platform';
import { AuthorizeAdmin } from './access/authorize-admin.js';
import { AppModule, type Runtime } from './app.module.js';
import { Barrier } from './barrier/barrier.js';
import { BarrierInterceptor } from './barrier/barrier.interceptor.js';
import { AuthenticateKey } from './authentication/authenticate-key.js';
import { KeyHasher } from './authentication/key-hasher.js';
import type { Config } from './config.js';
import { ROWS } from './database/rows.js';
import { SCHEMA } from './database/schema.js';
import { AdminApiGuard } from './http/admin-api.guard.js';
import { ReplyInterceptor } from './http/reply.interceptor.js';
import { observeRequests } from './http/observe-requests.js';
import { secureHttp, type ServedRoute } from './http/secure-http.js';
import { BootstrapToken } from './organisations/bootstrap-token.js';
import { OutboxRelay } from './outbox/outbox-relay.js';

export interface RunningControl extends RunningService {
  /** How often argon2id has judged a presented key. */
  readonly verifications: () => number;
  /** What the HTTP server has been given to serve. */
  readonly routes: () => readonly ServedRoute[];
}

/** A renewal takes a millisecond: so many serve a hundred replicas. */
const LEASE_CONNECTIONS = 4;

/** Opens what the service needs. */
async function openRuntime(config: Config, logger: Logger): Promise<Runtime> {
  const clock = () => new Date();
  const keyring = loadKeyring('control', config, clock);
  const trustBundle = JSON.parse(readFileSync(config.TRUST_BUNDLE_FILE, 'utf8')) as JsonValue;
  const telemetry = await startTelemetry('control', config, logger);
  const hasher = new KeyHasher();
  const database = { schema: SCHEMA, applicationName: 'portcullis-control', entities: ROWS };
  const dataSource = await connectDatabase({ ...database, url: config.DATABASE_URL_FILE });
  const changesDataSource = await connectDatabase({ ...database, url: config.DATABASE_URL_FILE });
  const leasesDataSource = await connectDatabase({
    ...database,
    url: config.DATABASE_URL_FILE,
    poolSize: LEASE_CONNECTIONS,
  });
  const jobDataSource = await connectDatabase({
    ...database,
    url: config.DATABASE_JOB_URL_FILE,
    poolSize: 2,
  });
  const { NATS_URL: url, NATS_CA_FILE: caFile, NATS_NKEY_SEED_FILE: seed } = config;
  const connection = await connectNats({ url, caFile, user: 'control', seed, logger });
  const own = [databaseCheck(dataSource), brokerCheck(connection)];
  return {
    dataSource,
    changesDataSource,
    leasesDataSource,
    jobDataSource,
    connection,
    keyring,
    trustBundle,
    bootstrapTokenHash: config.BOOTSTRAP_TOKEN_HASH_FILE,
    nobodysHash: await hasher.hash(Secret.of(randomBytes(32))),
    hasher,
    clock,
    logger,
    version: '0.1.0',
    telemetry,
    readiness: readinessOf([...own, ...peerChecks(connection, keyring)]),
    ownReadiness: readinessOf(own),
  };
}

/**
 * Keys are checked with database and broker alone. Changes of the directory and the trail need the others as well: it
 * serves without them, but not everything.
 */
function peerChecks(connection: NatsConnection, keyring: Keyring): ReadinessCheck[] {
  // Asked without telemetry: probes are no requests.
  const caller = new VerbCaller(new NatsRequester(connection), keyring);
  return (['policy', 'audit', 'vault'] as const).map((peer) => ({
    ...peerCheck(caller, peer),
    degrades: true,
  }));
}

/** Tool names may be percent-encoded in a path: 128 characters become up to 384. */
const MAX_PARAM_LENGTH = 400;

async function createApp(
  runtime: Runtime,
  config: Config,
): Promise<{ app: NestFastifyApplication; routes: ServedRoute[] }> {
  const { logger, connection, keyring, clock, telemetry } = runtime;
  const adapter = new FastifyAdapter({
    exposeHeadRoutes: false,
    // Whom to believe about a client's address is TRUSTED_PROXIES' business, and of the guard that asks.
    trustProxy: false,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH, ignoreTrailingSlash: false },
    requestTimeout: 30_000,
  });
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.compose(runtime), adapter, {
    logger: new NestLogger(logger),
    bodyParser: false,
    abortOnError: false,
  });
  observeRequests(app, telemetry, outsideTrace(config));
  const routes = secureHttp(app, config.HTTP_ALLOWED_HOSTS);
  app.useGlobalFilters(new ProblemFilter(logger));
  app.useGlobalGuards(
    new AdminApiGuard(app.get(Reflector), {
      authenticate: app.get(AuthenticateKey),
      authorize: app.get(AuthorizeAdmin),
      bootstrapToken: app.get(BootstrapToken),
      proxies: config.TRUSTED_PROXIES,
    }),
  );
  app.useGlobalInterceptors(
    // The first one has the last word.
    new BarrierInterceptor(app.get(Reflector), app.get(Barrier), logger),
    new ReplyInterceptor(app.get(Reflector)),
  );
  const authenticator = new ServiceCallerAuthenticator(keyring, clock);
  const verbs = app.connectMicroservice(
    {
      strategy: new VerbServer({
        connection,
        logger,
        authenticator,
        telemetry,
        readiness: { verb: VERBS.controlReady, state: runtime.ownReadiness },
      }),
    },
    // Deferred, or the handlers would be wrapped before they get their filter; not inherited: the guard is HTTP's.
    { inheritAppConfig: false, deferInitialization: true },
  );
  verbs.useGlobalFilters(new PassThroughFilter());
  return { app, routes };
}

/** Starts the service: resolves when it serves, over HTTP and over NATS. */
export async function startControl(config: Config, logger: Logger): Promise<RunningControl> {
  const runtime = await openRuntime(config, logger);
  const { app, routes } = await createApp(runtime, config);
  await app.startAllMicroservices();
  await app.listen(config.HTTP_PORT, config.HTTP_HOST);
  const relay = app.get(OutboxRelay);
  const barrier = app.get(Barrier);
  relay.start();
  barrier.start();
  const operations = await startHealthServer(
    operationsAddress(config),
    runtime.readiness,
    runtime.telemetry.metrics,
  );
  const { port } = app.getHttpServer().address() as AddressInfo;
  return {
    ready: { port, operations: portOf(operations) },
    verifications: () => runtime.hasher.verifications,
    routes: () => routes,
    stop: async () => {
      operations.close();
      await app.close();
      await Promise.all([relay.stop(), barrier.stop()]);
      await runtime.connection.drain();
      const { dataSource, changesDataSource, leasesDataSource, jobDataSource } = runtime;
      const pools = [dataSource, changesDataSource, leasesDataSource, jobDataSource];
      await Promise.all(pools.map((pool) => pool.destroy()));
      await runtime.telemetry.stop();
    },
  };
}

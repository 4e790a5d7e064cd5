import { NestFactory } from '@nestjs/core';
import { VerbCaller } from '@portcullis/contracts';
import {
  brokerCheck,
  connectNats,
  loadKeyring,
  NatsRequester,
  NestLogger,
  operationsAddress,
  peerCheck,
  portOf,
  readinessOf,
  ReplicaLease,
  startHealthServer,
  startTelemetry,
  type Logger,
  type ReadinessCheck,
  type RunningService,
} from '@portcullis/platform';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Server } from 'node:http';
import type { Dialer } from '@portcullis/egress';
import { AppModule, DIALER } from './app.module.js';
import type { Config } from './config.js';
import { SealedSection } from './governed/sealed-section.js';
import { startHttpServer } from './http/http-server.js';
import { McpEndpoint } from './http/mcp-endpoint.js';
import { OutcomeRecorder } from './recording/outcome-recorder.js';

/** Starts the service and resolves when it takes requests. */
export async function startGateway(config: Config, logger: Logger): Promise<RunningService> {
  const keyring = loadKeyring('gateway', config, () => new Date());
  const connection = await connectNats({
    url: config.NATS_URL,
    caFile: config.NATS_CA_FILE,
    user: 'gateway',
    seed: config.NATS_NKEY_SEED_FILE,
    logger,
  });
  const telemetry = await startTelemetry('gateway', config, logger);
  const requester = new NatsRequester(connection);
  const caller = new VerbCaller(requester, keyring, undefined, telemetry.calls);
  const app = await NestFactory.createApplicationContext(
    AppModule.with({ config, logger, keyring, caller, telemetry }),
    {
      logger: new NestLogger(logger),
    },
  );
  const lease = app.get(ReplicaLease);
  lease.listen(connection);
  const peers = new VerbCaller(requester, keyring);
  const readiness = readinessOf([...checksOf(connection, peers), lease.check]);
  const server = await startHttpServer({
    host: config.HTTP_HOST,
    port: config.HTTP_PORT,
    endpoint: app.get(McpEndpoint),
    readiness,
  });
  const operations = await startHealthServer(operationsAddress(config), readiness, telemetry.metrics);
  await lease.start();
  return {
    ready: { http: portOf(server), operations: portOf(operations) },
    stop: async () => {
      operations.close();
      await closeServer(server);
      await app.get(McpEndpoint).settle();
      await app.get(OutcomeRecorder).drain();
      app.get(SealedSection).wipe();
      await Promise.all([app.get<Dialer>(DIALER).close(), lease.stop()]);
      await connection.drain();
      await app.close();
      await telemetry.stop();
    },
  };
}

/**
 * A call needs the directory, policy and audit; the vault only where a server has a credential slot. Asked without
 * telemetry: probes are no calls.
 */
const checksOf = (connection: NatsConnection, caller: VerbCaller): ReadinessCheck[] => [
  brokerCheck(connection),
  peerCheck(caller, 'control'),
  peerCheck(caller, 'policy'),
  peerCheck(caller, 'audit'),
  { ...peerCheck(caller, 'vault'), degrades: true },
];

/** How long running calls may still take when the process has to stop; then they are cancelled, and recorded as that. */
const LAST_CALLS_MS = 3000;

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), LAST_CALLS_MS);
  await closed;
  clearTimeout(timer);
}

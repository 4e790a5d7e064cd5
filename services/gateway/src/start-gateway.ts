import { NestFactory } from '@nestjs/core';
import {
  connectNats,
  loadKeyring,
  NestLogger,
  portOf,
  ReplicaLease,
  type Logger,
  type RunningService,
} from '@portcullis/platform';
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
  const app = await NestFactory.createApplicationContext(
    AppModule.with({ config, logger, keyring, connection }),
    {
      logger: new NestLogger(logger),
    },
  );
  const lease = app.get(ReplicaLease);
  lease.listen(connection);
  const checks = [{ name: 'nats', check: async () => void (await connection.flush()) }, lease.check];
  const server = await startHttpServer({
    host: config.HTTP_HOST,
    port: config.HTTP_PORT,
    endpoint: app.get(McpEndpoint),
    checks,
  });
  await lease.start();
  return {
    ready: { http: portOf(server) },
    stop: async () => {
      await closeServer(server);
      await app.get(McpEndpoint).settle();
      await app.get(OutcomeRecorder).drain();
      app.get(SealedSection).wipe();
      await Promise.all([app.get<Dialer>(DIALER).close(), lease.stop()]);
      await connection.drain();
      await app.close();
    },
  };
}

/** How long running calls may still take when the process has to stop; then they are cancelled, and recorded as that. */
const LAST_CALLS_MS = 3000;

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), LAST_CALLS_MS);
  await closed;
  clearTimeout(timer);
}

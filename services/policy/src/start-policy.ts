import { VERBS } from '@portcullis/contracts';
import { connectEventStore } from '@portcullis/eventing';
import {
  connectNats,
  loadKeyring,
  portOf,
  serveVerbs,
  startHealthServer,
  type Logger,
  type RunningService,
} from '@portcullis/platform';
import { AppModule } from './app.module.js';
import { ClientAuthenticator } from './check/client-authenticator.js';
import { compose } from './compose.js';
import type { Config } from './config.js';
import { startGrpcServer } from './grpc/grpc-server.js';

/**
 * Starts one replica. It joins its queue group only when it has every fact, and its lease from control: before that it
 * would decide on less.
 */
export async function startPolicy(config: Config, logger: Logger): Promise<RunningService> {
  const clock = (): Date => new Date();
  const keyring = loadKeyring('policy', config, clock);
  const store = connectEventStore({ url: config.EVENTSTORE_URL_FILE });
  const connection = await connectNats({
    url: config.NATS_URL,
    caFile: config.NATS_CA_FILE,
    user: 'policy',
    seed: config.NATS_NKEY_SEED_FILE,
    logger,
  });
  const policy = compose({ config, keyring, store, connection, logger });
  await policy.replica.start();
  const health = await startHealthServer(config.HTTP_HOST, config.HTTP_PORT, policy.checks);
  policy.lease.listen(connection);
  await policy.lease.start();
  const app = await serveVerbs({
    module: AppModule.with(policy.useCases),
    connection,
    logger,
    keyring,
    clock,
    lease: policy.lease,
    authenticators: new Map([[VERBS.check.subject, new ClientAuthenticator(policy.clients, clock)]]),
  });
  policy.relay.start();
  const grpc = await startGrpcServer({
    host: config.GRPC_HOST,
    port: config.GRPC_PORT,
    tls: tlsOf(config),
    clients: policy.clients,
    checkAccess: policy.useCases.checkAccess,
    lease: policy.lease,
    logger,
  });
  return {
    ready: { httpPort: portOf(health), grpcPort: grpc.port },
    stop: async () => {
      health.close();
      await app.close();
      await Promise.all([grpc.stop(), policy.relay.stop()]);
      await policy.lease.stop();
      await connection.drain();
      await policy.replica.stop();
      await store.close();
    },
  };
}

function tlsOf({ GRPC_TLS_CERT_FILE: certificate, GRPC_TLS_KEY_FILE: privateKey }: Config) {
  return certificate === undefined || privateKey === undefined ? null : { certificate, privateKey };
}

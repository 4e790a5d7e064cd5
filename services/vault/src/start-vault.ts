import { VERBS } from '@portcullis/contracts';
import {
  brokerCheck,
  connectDatabase,
  connectNats,
  loadKeyring,
  NatsRequester,
  portOf,
  readinessOf,
  serveVerbs,
  startHealthServer,
  startTelemetry,
  type Logger,
  type RunningService,
} from '@portcullis/platform';
import { PostgresKeyVersions } from './adapters/postgres.key-versions.js';
import type { Config } from './config.js';
import { composeVault } from './app.module.js';
import { composeKeys } from './compose-keys.js';

const JOB_CONNECTIONS = 3;

/** Starts one replica: its connections first, then its lease from control, then the verbs, and only then is it ready. */
export async function startVault(
  config: Config,
  logger: Logger,
  monotonic: () => number = () => performance.now(),
): Promise<RunningService> {
  const clock = (): Date => new Date();
  const keyring = loadKeyring('vault', config, clock);
  const telemetry = await startTelemetry('vault', config, logger);
  const { database, jobs } = await connectDatabases(config);
  const { NATS_URL: url, NATS_CA_FILE: caFile, NATS_NKEY_SEED_FILE: seed } = config;
  const connection = await connectNats({ url, caFile, user: 'vault', seed, logger });
  const requester = new NatsRequester(connection);
  const keys = await composeKeys(config.keys, new PostgresKeyVersions(database));
  const given = { config, keys, keyring, database, jobs, requester, logger, clock, monotonic, telemetry };
  const vault = composeVault(given);
  const readiness = readinessOf([...vault.checks, brokerCheck(connection)]);
  const health = await startHealthServer(config, readiness, telemetry.metrics);
  const { module, lease } = vault;
  lease.listen(connection);
  await lease.start();
  const asked = { verb: VERBS.vaultReady, state: readiness };
  const serving = { module, connection, logger, keyring, clock, lease, telemetry, readiness: asked };
  const app = await serveVerbs(serving);
  vault.relay.start();
  vault.purge.start();
  vault.rewrap.start();
  return {
    ready: { httpPort: portOf(health) },
    stop: async () => {
      health.close();
      await app.close();
      await Promise.all([vault.relay.stop(), vault.purge.stop(), vault.rewrap.stop(), lease.stop()]);
      await connection.drain();
      await vault.wipe();
      await Promise.all([database.destroy(), jobs.destroy()]);
      await telemetry.stop();
    },
  };
}

async function connectDatabases(config: Config) {
  const name = 'portcullis-vault';
  const [database, jobs] = await Promise.all([
    connectDatabase({
      url: config.DATABASE_URL_FILE,
      schema: 'vault',
      applicationName: name,
      pipeline: true,
    }),
    connectDatabase({
      url: config.DATABASE_JOB_URL_FILE,
      schema: 'vault',
      applicationName: `${name}-job`,
      poolSize: JOB_CONNECTIONS,
    }),
  ]);
  return { database, jobs };
}

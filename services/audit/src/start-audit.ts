import { setTimeout as pause } from 'node:timers/promises';
import { VERBS } from '@portcullis/contracts';
import { connectEventStore } from '@portcullis/eventing';
import {
  appendMeter,
  connectDatabase,
  connectNats,
  brokerCheck,
  loadKeyring,
  portOf,
  readinessOf,
  serveVerbs,
  startHealthServer,
  startTelemetry,
  type Logger,
  type RunningService,
} from '@portcullis/platform';
import { AppModule } from './app.module.js';
import { startOfMonth } from './append/segment-registry.js';
import { compose, type Audit } from './compose.js';
import type { Config } from './config.js';
import { SCHEMA } from './database/schema.js';

/** How long the event store may take to come up after audit. */
const STORE_START_MS = 30_000;
const RETRY_MS = 250;

/** Starts one replica: connections first, then the verbs, and only then is it ready. */
export async function startAudit(config: Config, logger: Logger): Promise<RunningService & { audit: Audit }> {
  const clock = (): Date => new Date();
  const keyring = loadKeyring('audit', config, clock);
  const telemetry = await startTelemetry('audit', config, logger);
  const store = connectEventStore({
    url: config.EVENTSTORE_URL_FILE,
    appendTimeoutMs: config.STORE_TIMEOUT_MS,
    aroundAppend: appendMeter(telemetry),
  });
  const [database, jobs] = await connectDatabases(config);
  const audit = compose({ config, keyring, store, database, jobs, logger, clock, telemetry });
  await learnSegments(audit, logger);
  const connection = await connectNats({
    url: config.NATS_URL,
    caFile: config.NATS_CA_FILE,
    user: 'audit',
    seed: config.NATS_NKEY_SEED_FILE,
    logger,
  });
  const readiness = readinessOf([...audit.checks, brokerCheck(connection)]);
  const app = await serveVerbs({
    module: AppModule.with(audit.useCases),
    connection,
    logger,
    keyring,
    clock,
    telemetry,
    readiness: { verb: VERBS.auditReady, state: readiness },
  });
  audit.leadership.campaign(audit.work);
  const health = await startHealthServer(config, readiness, telemetry.metrics);
  return {
    ready: { httpPort: portOf(health) },
    audit,
    stop: async () => {
      health.close();
      await app.close();
      await connection.drain();
      await audit.leadership.resign();
      await store.close();
      await Promise.all([database.destroy(), jobs.destroy()]);
      await telemetry.stop();
    },
  };
}

const connectDatabases = (config: Config) =>
  Promise.all([
    connectDatabase({ url: config.DATABASE_URL_FILE, schema: SCHEMA, applicationName: 'portcullis-audit' }),
    connectDatabase({
      url: config.DATABASE_JOB_URL_FILE,
      schema: SCHEMA,
      applicationName: 'portcullis-audit-job',
      poolSize: 4,
      pipeline: true,
    }),
  ]);

/** Which streams there are, and that no record goes to a month before the newest of them. */
async function learnSegments({ segments, clock }: Audit, logger: Logger): Promise<void> {
  const deadline = Date.now() + STORE_START_MS;
  for (;;) {
    try {
      for (const segment of await segments.read()) clock.raiseTo(startOfMonth(segment));
      return;
    } catch (err) {
      if (Date.now() > deadline) throw err;
      logger.warn({ err }, 'the event store can not be read yet');
      await pause(RETRY_MS);
    }
  }
}

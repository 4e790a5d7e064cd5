import { POLICY_API_VERBS, VERBS } from '@portcullis/contracts';
import { connectEventStore } from '@portcullis/eventing';
import {
  appendMeter,
  brokerCheck,
  connectNats,
  loadKeyring,
  outsideTrace,
  portOf,
  readinessOf,
  serveVerbs,
  startHealthServer,
  startTelemetry,
  type Logger,
  type RunningService,
} from '@portcullis/platform';
import { AppModule } from './app.module.js';
import { ClientAuthenticator } from './check/client-authenticator.js';
import type { Facts } from './compose-facts.js';
import { compose } from './compose.js';
import type { Config } from './config.js';
import { startFaces } from './start-faces.js';

/**
 * Starts one replica. It joins its queue group only when it has every fact, has compared them with what audit has
 * recorded, and has its lease from control: before that it would decide on less.
 */
export async function startPolicy(config: Config, logger: Logger): Promise<RunningService> {
  const clock = (): Date => new Date();
  const keyring = loadKeyring('policy', config, clock);
  const telemetry = await startTelemetry('policy', config, logger);
  const aroundAppend = appendMeter(telemetry);
  const store = connectEventStore({ url: config.EVENTSTORE_URL_FILE, aroundAppend });
  const { NATS_URL: url, NATS_CA_FILE: caFile, NATS_NKEY_SEED_FILE: seed } = config;
  const connection = await connectNats({ url, caFile, user: 'policy', seed, logger });
  const policy = compose({ config, keyring, store, connection, logger, telemetry });
  await policy.facts.replica.start();
  const readiness = readinessOf([...policy.checks, brokerCheck(connection)]);
  const health = await startHealthServer(config, readiness, telemetry.metrics);
  await policy.facts.anchors.start();
  policy.lease.listen(connection);
  await policy.lease.start();
  const app = await serveVerbs({
    module: AppModule.with(policy.useCases),
    connection,
    logger,
    keyring,
    clock,
    lease: policy.lease,
    telemetry,
    readiness: { verb: VERBS.policyReady, state: readiness },
    outsideTrace: outsideTrace(config),
    authenticators: clientsOf(new ClientAuthenticator(policy.clients, clock)),
  });
  startBackground(policy.facts);
  const faces = await startFaces(config, { ...policy, api: policy.useCases, logger, telemetry, readiness });
  return {
    ready: { httpPort: portOf(health), ...faces.ready },
    stop: async () => {
      health.close();
      policy.simulations.stop();
      await app.close();
      await Promise.all([faces.stop(), stopBackground(policy.facts)]);
      await policy.lease.stop();
      await connection.drain();
      await policy.facts.replica.stop();
      await store.close();
      await telemetry.stop();
    },
  };
}

/** What goes on beside decisions, and not before there are any. */
function startBackground({ relay, snapshots, reverification }: Facts): void {
  relay.start();
  snapshots.start();
  reverification.start();
}

const stopBackground = ({ relay, anchors, snapshots, reverification }: Facts): Promise<unknown> =>
  Promise.all([relay.stop(), anchors.stop(), snapshots.stop(), reverification.stop()]);

const clientsOf = (authenticator: ClientAuthenticator) =>
  new Map(Object.values(POLICY_API_VERBS).map(({ subject }) => [subject as string, authenticator]));

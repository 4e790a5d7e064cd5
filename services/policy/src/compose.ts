import { AppError, VerbCaller, type Keyring } from '@portcullis/contracts';
import { commandHandler, type EventStore } from '@portcullis/eventing';
import {
  eventStoreCheck,
  NatsRequester,
  ReplicaLease,
  type Logger,
  type ReadinessCheck,
  type Telemetry,
} from '@portcullis/platform';
import { factCodec, organisation, policyStream } from '@portcullis/policy-engine';
import type { NatsConnection } from '@nats-io/transport-node';
import { AnchorWatch } from './anchors/anchor-watch.js';
import { publishTrust } from './anchors/publish-trust.js';
import { RecordedHeads } from './anchors/recorded-heads.js';
import { EventStoreCheckpoints } from './adapters/eventstore.checkpoints.js';
import { AuthorizeAdmin } from './admin/authorize-admin.js';
import { ReadPolicy } from './admin/read-policy.js';
import type { UseCases } from './app.module.js';
import { AuthorizeCall } from './authorize/authorize-call.js';
import { FilterTools } from './authorize/filter-tools.js';
import { PrincipalVerifier } from './authorize/principal-verifier.js';
import { Statements } from './authorize/statements.js';
import { sealFact, verifyFactHead, verifyFactLink } from './chain/fact-chain.js';
import { keyringFactKeys } from './chain/keyring-fact-keys.js';
import { CheckAccess } from './check/check-access.js';
import { ClientTokens } from './clients/client-tokens.js';
import { PolicyClients } from './clients/policy-clients.js';
import { ExecuteCommands } from './commands/execute-commands.js';
import { FindVersion } from './commands/find-version.js';
import type { Config } from './config.js';
import { ObserveTools } from './definitions/observe-tools.js';
import { ReadDefinition } from './definitions/read-definition.js';
import { PolicyDecisions } from './decisions/policy-decisions.js';
import { FactRelay } from './relay/relay-facts.js';
import { FactReader, verifyOwnFact } from './replica/fact-reader.js';
import { PolicyReplica } from './replica/policy-replica.js';
import { publishReplicaLag } from './replica/replica-lag.js';
import { OrganisationRegistry } from './replica/registry.js';

export interface Parts {
  config: Pick<Config, 'POLICY_CLIENT_KEY_FILE'>;
  keyring: Keyring;
  store: EventStore;
  connection: NatsConnection;
  logger: Logger;
  telemetry: Telemetry;
}

export interface Composed {
  replica: PolicyReplica;
  lease: ReplicaLease;
  relay: FactRelay;
  anchors: AnchorWatch;
  clients: PolicyClients;
  useCases: UseCases;
  checks: ReadinessCheck[];
}

/** Puts the service together; nothing runs yet. */
export function compose(parts: Parts): Composed {
  const { config, keyring, store, connection, logger, telemetry } = parts;
  const registry = new OrganisationRegistry(store);
  const replica = new PolicyReplica({
    store,
    registry,
    reader: new FactReader(store, verifyFactLink, verifyFactHead(keyringFactKeys(keyring))),
    onProblem: (problem, org) => report(logger, problem, org),
  });
  const peers = new VerbCaller(new NatsRequester(connection), keyring, keyring.clock, telemetry.calls);
  const lease = new ReplicaLease({
    caller: peers,
    logger,
    apply: async (changed) => {
      await replica.refresh(changed);
      if (changed !== null) anchors.soon(changed);
    },
  });
  const relay = new FactRelay({
    store,
    replica,
    checkpoints: new EventStoreCheckpoints(store),
    audit: peers,
    onFailure: (err) => logger.warn({ err }, 'facts could not be relayed to audit; they are sent again'),
  });
  const anchors = new AnchorWatch({
    replica,
    recorded: new RecordedHeads(peers),
    onBroken: (org, recorded) =>
      relay.recordBroken(org, {
        stream: policyStream(org),
        revision: BigInt(recorded?.revision ?? replica.verifiedRevision(org)),
        created: keyring.clock(),
      }),
    onFailure: (err) =>
      logger.warn({ err }, 'facts could not be compared with what audit has recorded; tried again'),
  });
  publishTrust(telemetry.metrics, { replica, anchors });
  publishReplicaLag(telemetry.metrics, { store, replica });
  return {
    replica,
    lease,
    relay,
    anchors,
    clients: new PolicyClients(replica, config.POLICY_CLIENT_KEY_FILE, keyring.clock),
    useCases: useCasesOf(parts, replica, registry),
    checks: [...checksOf(replica, store), anchors.check, lease.check],
  };
}

function useCasesOf(
  { config, keyring, store }: Parts,
  replica: PolicyReplica,
  registry: OrganisationRegistry,
): UseCases {
  const keys = keyringFactKeys(keyring);
  const handler = commandHandler({
    store,
    codec: factCodec,
    decider: organisation,
    streamOf: policyStream,
    seal: sealFact(keys),
    verify: verifyOwnFact(verifyFactLink),
    verifyHead: verifyFactHead(keys),
    known: (org) => replica.loaded(org),
  });
  const principals = new PrincipalVerifier(keyring);
  const decisions = new PolicyDecisions(replica, keyring.clock);
  const statements = new Statements(keyring);
  const clientTokens = new ClientTokens(keyring, config.POLICY_CLIENT_KEY_FILE);
  return {
    authorizeCall: new AuthorizeCall(principals, decisions, statements),
    filterTools: new FilterTools(principals, replica, keyring.clock),
    authorizeAdmin: new AuthorizeAdmin(principals, decisions, statements),
    readPolicy: new ReadPolicy(principals, decisions),
    executeCommands: new ExecuteCommands({
      keyring,
      principals,
      decisions,
      registry,
      handler,
      replica,
      clientTokens,
      versions: new FindVersion(store),
    }),
    checkAccess: new CheckAccess(decisions),
    observeTools: new ObserveTools({ principals, handler, replica, clock: keyring.clock }),
    readDefinition: new ReadDefinition(principals, decisions),
  };
}

function report(logger: Logger, problem: Error | string, org: string | undefined): void {
  if (typeof problem === 'string')
    logger.fatal({ org, problem }, 'facts of an organisation can not be trusted: it is denied');
  else logger.error({ err: problem }, 'the replica does not follow the event store: it decides nothing');
}

function checksOf(replica: PolicyReplica, store: EventStore): ReadinessCheck[] {
  return [
    eventStoreCheck(store),
    {
      name: 'caught_up',
      check: () => (replica.isCaughtUp ? Promise.resolve() : Promise.reject(behind())),
    },
  ];
}

const behind = (): AppError => new AppError('UNAVAILABLE', 'The replica has not caught up with the facts.');

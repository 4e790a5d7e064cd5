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
import { AuthorizeAdmin } from './admin/authorize-admin.js';
import { ExplainForAdmin } from './admin/explain-for-admin.js';
import { PlanPolicy } from './admin/plan-policy.js';
import { ReadPolicy } from './admin/read-policy.js';
import { TellActivePolicy } from './admin/tell-active-policy.js';
import type { UseCases } from './app.module.js';
import { ApprovalDesk } from './approvals/approval-desk.js';
import { DecideApproval } from './approvals/decide-approval.js';
import { ListApprovals } from './approvals/list-approvals.js';
import { AuthorizeCall } from './authorize/authorize-call.js';
import { FilterTools } from './authorize/filter-tools.js';
import { PrincipalVerifier } from './authorize/principal-verifier.js';
import { Statements } from './authorize/statements.js';
import { sealFact, verifyFactHead, verifyFactLink } from './chain/fact-chain.js';
import { keyringFactKeys } from './chain/keyring-fact-keys.js';
import { policyApi } from './check/policy-api.js';
import { ClientTokens } from './clients/client-tokens.js';
import { PolicyClients } from './clients/policy-clients.js';
import { ExecuteCommands } from './commands/execute-commands.js';
import { FindVersion } from './commands/find-version.js';
import { PolicyWriter } from './commands/policy-writer.js';
import { composeFacts, type Facts } from './compose-facts.js';
import { composeHistory } from './compose-history.js';
import type { Config } from './config.js';
import { ObserveTools } from './definitions/observe-tools.js';
import { ReadDefinition } from './definitions/read-definition.js';
import { PolicyDecisions } from './decisions/policy-decisions.js';
import { verifyOwnFact } from './replica/fact-reader.js';
import type { PolicyReplica } from './replica/policy-replica.js';
import type { Simulations } from './simulation/simulations.js';

export interface Parts {
  config: Pick<Config, 'POLICY_CLIENT_KEY_FILE'>;
  keyring: Keyring;
  store: EventStore;
  connection: NatsConnection;
  logger: Logger;
  telemetry: Telemetry;
}

export interface Composed {
  facts: Facts;
  lease: ReplicaLease;
  clients: PolicyClients;
  useCases: UseCases;
  simulations: Simulations;
  checks: ReadinessCheck[];
}

/** Puts the service together; nothing runs yet. */
export function compose(parts: Parts): Composed {
  const { config, keyring, store, connection, logger, telemetry } = parts;
  const peers = new VerbCaller(new NatsRequester(connection), keyring, keyring.clock, telemetry.calls);
  const facts = composeFacts({ keyring, store, audit: peers, logger, telemetry });
  const { replica, anchors } = facts;
  const lease = new ReplicaLease({
    caller: peers,
    logger,
    apply: async (changed) => {
      await replica.refresh(changed);
      if (changed !== null) anchors.soon(changed);
    },
  });
  const past = composeHistory({ keyring, store, peers, replica });
  return {
    facts,
    lease,
    clients: new PolicyClients(replica, config.POLICY_CLIENT_KEY_FILE, keyring.clock),
    useCases: useCasesOf(parts, { facts, past, process: lease.replica }),
    simulations: past.simulations,
    checks: [...checksOf(replica, store), anchors.check, lease.check],
  };
}

interface UseCaseParts {
  facts: Facts;
  past: ReturnType<typeof composeHistory>;
  /** Name of this replica. */
  process: string;
}

function useCasesOf(
  { config, keyring, store }: Parts,
  { facts: { replica, registry }, past, process }: UseCaseParts,
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
  const api = policyApi(replica, config.POLICY_CLIENT_KEY_FILE, keyring.clock);
  const writer = new PolicyWriter(handler, replica);
  const asked = { principals, decisions, writer, replica, clock: keyring.clock };
  return {
    authorizeCall: new AuthorizeCall({
      ...asked,
      statements,
      desk: new ApprovalDesk(asked),
      approvalKey: config.POLICY_CLIENT_KEY_FILE,
    }),
    decideApproval: new DecideApproval(asked),
    listApprovals: new ListApprovals(principals, decisions, keyring.clock),
    filterTools: new FilterTools(principals, replica, keyring.clock),
    authorizeAdmin: new AuthorizeAdmin(principals, decisions, statements),
    readPolicy: new ReadPolicy(principals, decisions),
    planPolicy: new PlanPolicy(principals, decisions),
    activePolicy: new TellActivePolicy(principals, decisions, process),
    explainForAdmin: new ExplainForAdmin(principals, decisions, api.explainAccess),
    executeCommands: new ExecuteCommands({
      ...asked,
      keyring,
      registry,
      clientTokens,
      versions: new FindVersion(store),
    }),
    observeTools: new ObserveTools(asked),
    readDefinition: new ReadDefinition(principals, decisions),
    ...past.useCases(principals, decisions),
    ...api,
  };
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

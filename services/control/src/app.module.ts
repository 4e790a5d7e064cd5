import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { EachCaller, Keyring, VerbCaller, type JsonValue } from '@portcullis/contracts';
import { NatsRequester, type Logger, type Readiness, type Telemetry } from '@portcullis/platform';
import type { NatsConnection } from '@nats-io/transport-node';
import { DataSource } from 'typeorm';
import { AccessController } from './access/access.controller.js';
import { AuthorizeAdmin } from './access/authorize-admin.js';
import { ChangePolicy } from './access/change-policy.js';
import { PolicyCommands } from './access/policy-commands.js';
import { DocumentsController } from './access/documents.controller.js';
import { ExplainPolicy } from './access/explain-policy.js';
import { PlanPolicy } from './access/plan-policy.js';
import { ReadPolicy } from './access/read-policy.js';
import { ApprovalsController } from './approvals/approvals.controller.js';
import { DecideApprovals } from './approvals/decide-approvals.js';
import { ReadReplicas } from './access/read-replicas.js';
import { Assertions } from './authentication/assertions.js';
import { AuthenticateKey, KEY_REFUSALS } from './authentication/authenticate-key.js';
import { AuthenticationController } from './authentication/authentication.controller.js';
import { FailureLimiter } from './authentication/failure-limiter.js';
import { KeyAuthorities } from './authentication/key-authorities.js';
import { KeyHasher } from './authentication/key-hasher.js';
import { VerifiedKeys } from './authentication/verified-keys.js';
import { Barrier } from './barrier/barrier.js';
import { BarrierController } from './barrier/barrier.controller.js';
import { Leases } from './barrier/leases.js';
import { DefinitionsController } from './definitions/definitions.controller.js';
import { ReadDefinitions } from './definitions/read-definitions.js';
import { EraseInVault } from './erasing/erase-in-vault.js';
import { GroupsController } from './groups/groups.controller.js';
import { ServiceController, ServiceFacts } from './health/service.controller.js';
import { openApiDocument } from './http/openapi.js';
import { ROUTES } from './http/routes.js';
import { KeksController } from './keks/keks.controller.js';
import { ManageKeks } from './keks/manage-keks.js';
import { CreateKey } from './keys/create-key.js';
import { KeyMaker } from './keys/key-maker.js';
import { KeysController } from './keys/keys.controller.js';
import { RegenerateKey } from './keys/regenerate-key.js';
import { RevokeKey } from './keys/revoke-key.js';
import { BootstrapInstallation } from './organisations/bootstrap-installation.js';
import { BootstrapToken } from './organisations/bootstrap-token.js';
import { CreateOrganisation } from './organisations/create-organisation.js';
import { FoundOrganisation } from './organisations/found-organisation.js';
import { OrganisationsController } from './organisations/organisations.controller.js';
import { DirectoryChanges } from './outbox/directory-changes.js';
import { publishBacklog } from './outbox/outbox-backlog.js';
import { Outbox } from './outbox/outbox.js';
import { OutboxRelay } from './outbox/outbox-relay.js';
import { ManagePolicyClients } from './policy-clients/manage-policy-clients.js';
import { PolicyClientsController } from './policy-clients/policy-clients.controller.js';
import { ManageSecrets } from './secrets/manage-secrets.js';
import { RecordedOperation } from './recorded/recorded-operation.js';
import { SealingKey } from './secrets/sealing-key.js';
import { SecretsController } from './secrets/secrets.controller.js';
import { ChangeServer } from './servers/change-server.js';
import { ConnectServer } from './servers/connect-server.js';
import { DeleteServer } from './servers/delete-server.js';
import { ReadServers } from './servers/read-servers.js';
import { ServersController } from './servers/servers.controller.js';
import { AskHistory } from './time-machine/ask-history.js';
import { RunSimulations } from './time-machine/run-simulations.js';
import { SimulationRows } from './time-machine/simulation-rows.js';
import { TimeMachineController } from './time-machine/time-machine.controller.js';
import { ExportRecords } from './trail/export-records.js';
import { QueryRecords } from './trail/query-records.js';
import { TrailController } from './trail/trail.controller.js';
import { CreateUser } from './users/create-user.js';
import { EraseUser } from './users/erase-user.js';
import { ReadUsers } from './users/read-users.js';
import { RemoveUser } from './users/remove-user.js';
import { UsersController } from './users/users.controller.js';

/** What the process has opened, and the composition is made of. */
export interface Runtime {
  readonly dataSource: DataSource;
  /** The same role, another pool: for transactions that wait for other services. */
  readonly changesDataSource: DataSource;
  /** The same role, yet another pool: a lease must not lapse because others wait for connections. */
  readonly leasesDataSource: DataSource;
  /** Of the relay's own role. */
  readonly jobDataSource: DataSource;
  readonly connection: NatsConnection;
  readonly keyring: Keyring;
  readonly trustBundle: JsonValue;
  readonly bootstrapTokenHash: Buffer | null;
  /** argon2id hash that no key matches. */
  readonly nobodysHash: string;
  readonly hasher: KeyHasher;
  readonly clock: () => Date;
  readonly logger: Logger;
  readonly version: string;
  readonly telemetry: Telemetry;
  readonly readiness: () => Promise<Readiness>;
  /** Without waiting for others: what services are told that wait themselves. */
  readonly ownReadiness: () => Promise<Readiness>;
}

/** Who asks: keys, the limits on guessing them, and what other services are told. */
function identity(runtime: Runtime) {
  const limiter = new FailureLimiter();
  const authorities = new KeyAuthorities(runtime.dataSource, runtime.clock);
  const verified = new VerifiedKeys();
  const authenticate = new AuthenticateKey({
    ...runtime,
    authorities,
    verified,
    limiter,
    refusals: runtime.telemetry.metrics.counter(KEY_REFUSALS),
  });
  const assertions = new Assertions(runtime.keyring);
  return { ...runtime, limiter, authorities, authenticate, assertions };
}

/** What every capability is built on. */
function foundation(runtime: Runtime) {
  const base = identity(runtime);
  const { connection, keyring, clock, assertions } = base;
  const peers = new VerbCaller(new NatsRequester(connection), keyring, clock, base.telemetry.calls);
  publishBacklog(base.telemetry.metrics, base.jobDataSource);
  const relay = new OutboxRelay({ ...base, dataSource: base.jobDataSource, peers });
  const changes = new DirectoryChanges({ ...base, outbox: new Outbox(clock), relay });
  return {
    ...base,
    peers,
    relay,
    changes,
    authorize: new AuthorizeAdmin({ ...base, peers }),
    policy: new PolicyCommands(peers, assertions),
    keys: new KeyMaker(base.hasher),
    servers: new ReadServers(base.dataSource),
  };
}

type Foundation = ReturnType<typeof foundation>;

function directory(base: Foundation): object[] {
  const { dataSource, policy, servers } = base;
  const users = new ReadUsers(dataSource);
  const vault = new EraseInVault(base.peers, new RecordedOperation(base));
  const found = new FoundOrganisation(base);
  const token = new BootstrapToken(base.bootstrapTokenHash, base.limiter, base.clock);
  return [
    token,
    new BootstrapInstallation({ dataSource, found, policy, token }),
    new CreateOrganisation(found, policy),
    users,
    new CreateUser(base),
    new RemoveUser({ ...base, vault }),
    new EraseUser({ ...base, users, vault }),
    new CreateKey(base),
    new RegenerateKey(base),
    new RevokeKey(base),
    servers,
    new ConnectServer(base),
    new ChangeServer(base),
    new DeleteServer({ ...base, vault }),
  ];
}

function administration(base: Foundation): object[] {
  const { peers, assertions, policy, servers, keyring, trustBundle } = base;
  const readPolicy = new ReadPolicy(peers, assertions);
  const recorded = new RecordedOperation(base);
  return [
    readPolicy,
    new ChangePolicy(policy, servers),
    new DecideApprovals(peers, assertions),
    new ReadDefinitions(peers, assertions, readPolicy, servers),
    new PlanPolicy(peers, assertions),
    new ExplainPolicy(peers, assertions),
    new ManagePolicyClients(policy, readPolicy, keyring),
    new SealingKey(keyring, servers, trustBundle),
    new ManageSecrets({ ...base, recorded }),
    new ManageKeks({ ...base, recorded }),
    new QueryRecords(peers, assertions),
    new AskHistory(peers, assertions),
    new RunSimulations(peers, assertions, new SimulationRows(base.dataSource, base.clock)),
    new ExportRecords(base),
    new ServiceFacts(base.readiness, openApiDocument(ROUTES, base.version)),
  ];
}

/** Objects under their own class as token. */
const provide = (value: object): Provider => ({ provide: value.constructor, useValue: value });

const CONTROLLERS = [
  OrganisationsController,
  UsersController,
  KeysController,
  ServersController,
  AccessController,
  DefinitionsController,
  DocumentsController,
  GroupsController,
  ApprovalsController,
  PolicyClientsController,
  SecretsController,
  KeksController,
  TrailController,
  TimeMachineController,
  ServiceController,
  AuthenticationController,
  BarrierController,
];

/** The composition root: the only file that knows how the parts fit. */
@Module({})
export class AppModule {
  static compose(runtime: Runtime): DynamicModule {
    const base = foundation(runtime);
    const { authenticate, authorize, assertions, relay } = base;
    const leases = new Leases(runtime.leasesDataSource);
    const { connection, keyring, clock } = runtime;
    const everyone = new EachCaller(new NatsRequester(connection), keyring, clock);
    const barrier = new Barrier({ ...runtime, leases, now: () => performance.now() });
    const parts = [
      ...[authenticate, authorize, assertions, relay, leases, barrier],
      ...directory(base),
      ...administration(base),
      new ReadReplicas(everyone, assertions, leases),
    ];
    return {
      module: AppModule,
      controllers: CONTROLLERS,
      providers: [
        ...parts.map(provide),
        { provide: DataSource, useValue: runtime.dataSource },
        { provide: Keyring, useValue: runtime.keyring },
      ],
    };
  }
}

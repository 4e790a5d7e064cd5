import { randomBytes } from 'node:crypto';
import { mkdtempSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import {
  b64u,
  fromB64u,
  generateReplyKey,
  openSealing,
  replyKeyHash,
  SealedChannel,
  VerbCaller,
  VERBS,
  type DeleteReply,
  type Keyring,
  type OpenRequest,
  type ReplyKey,
  type SecretMetadata,
  type SecretTarget,
  type ServiceName,
} from '@portcullis/contracts';
import { createLogger, migrate, NatsRequester, type RunningService } from '@portcullis/platform';
import {
  LeaseGrantor,
  startNats,
  startPostgres,
  testTrust,
  type TestNats,
  type TestPostgres,
  type TestTrust,
} from '@portcullis/platform/testing';
import type { NatsConnection } from '@nats-io/transport-node';
import { Client } from 'pg';
import { loadConfig } from '../src/config.js';
import { startVault } from '../src/start-vault.js';
import { MIGRATIONS } from '../src/storage/migrations.js';
import { AuditStandIn } from './audit-stand-in.js';
import { Issuer, type GrantChanges } from './issuer.js';

export interface Installation {
  readonly nats: TestNats;
  readonly postgres: TestPostgres;
  readonly trust: TestTrust;
  readonly issuer: Issuer;
  readonly audit: AuditStandIn;
  /** Control's part in the barrier. */
  readonly leases: LeaseGrantor;
  /** As superuser: sees and changes every row, as somebody with a stolen disk or backup would. */
  readonly database: Client;
  /** As the runtime role, without an organisation set. */
  readonly app: Client;
  readonly job: Client;
  /** Where PostgreSQL keeps its files. */
  clusterFolder(): Promise<string>;
  /** Every log line of every replica. */
  readonly logs: string[];
  /** Every byte that went over the broker, with headers. */
  readonly wire: Buffer[];
  /** The broker's operator: reads, repeats and rewrites what it likes. */
  readonly operator: NatsConnection;
  caller(service: ServiceName): Promise<VerbCaller>;
  environment(changes?: Record<string, string>): Record<string, string>;
  /** `monotonic`: milliseconds by which unwrapped keys grow old. */
  startReplica(changes?: Record<string, string>, monotonic?: () => number): Promise<RunningService>;
  stop(): Promise<void>;
}

/** Real broker, real PostgreSQL, real keys, and as many replicas of the vault as a test starts. */
export async function startInstallation(): Promise<Installation> {
  const directory = mkdtempSync(join(tmpdir(), 'portcullis-vault-'));
  const [nats, postgres] = await Promise.all([startNats(), startPostgres()]);
  const trust = testTrust();
  const urls = await postgres.database('vault');
  await migrate({ ownerUrl: urls.ownerUrl, schema: 'vault', migrations: MIGRATIONS });
  const connect = async (url: string): Promise<Client> => {
    const client = new Client({ connectionString: url, options: '-c search_path=vault' });
    await client.connect();
    return client;
  };
  const clients = await Promise.all(
    [postgres.superuserUrl, urls.appUrl, urls.jobUrl].map((url) =>
      connect(databaseOf(url.revealText(), urls.appUrl.revealText())),
    ),
  );
  const [database, app, job] = clients as [Client, Client, Client];
  const file = (name: string, content: string): string => {
    writeFileSync(join(directory, name), content, { mode: 0o600 });
    return join(directory, name);
  };
  const logs: string[] = [];
  const sink = new PassThrough().on('data', (line: Buffer) => logs.push(line.toString('utf8')));
  const wire: Buffer[] = [];
  const operator = await nats.connectAsOperator();
  operator.subscribe('>', {
    callback: (_error, message) => {
      const headers = [...(message.headers ?? [])].flat(2).join('\n');
      wire.push(Buffer.concat([Buffer.from(`${message.subject}\n${headers}\n`), message.data]));
    },
  });
  await operator.flush();
  const connections = new Map<ServiceName, Awaited<ReturnType<TestNats['connectAs']>>>();
  const connectionOf = async (service: 'gateway' | 'control' | 'audit' | 'policy') => {
    const connection = connections.get(service) ?? (await nats.connectAs(service));
    connections.set(service, connection);
    return connection;
  };
  const audit = new AuditStandIn(await connectionOf('audit'), trust.keyring('audit'));
  const control = await connectionOf('control');
  const leases = new LeaseGrantor(control, trust.keyring('control'));
  await control.flush();
  const rootSecret = file('root-secret', randomBytes(48).toString('base64'));
  const environment = (changes: Record<string, string> = {}): Record<string, string> => ({
    NODE_ENV: 'test',
    LOG_LEVEL: 'trace',
    NATS_URL: nats.url,
    NATS_NKEY_SEED_FILE: file('nkey', nats.seedOf('vault').revealText()),
    DATABASE_URL_FILE: file('app-url', urls.appUrl.revealText()),
    DATABASE_JOB_URL_FILE: file('job-url', urls.jobUrl.revealText()),
    VAULT_ROOT_SECRET_FILE: rootSecret,
    ...trust.files('vault'),
    ...changes,
  });
  const replicas: RunningService[] = [];
  return {
    nats,
    postgres,
    trust,
    issuer: new Issuer(trust),
    audit,
    leases,
    database,
    app,
    job,
    // A backend's working directory is the cluster's.
    clusterFolder: async () => {
      const { rows } = await database.query('SELECT pg_backend_pid() AS pid');
      return readlinkSync(`/proc/${rows[0].pid}/cwd`);
    },
    logs,
    wire,
    operator,
    environment,
    caller: async (service) =>
      new VerbCaller(new NatsRequester(await connectionOf(service as 'gateway')), trust.keyring(service)),
    startReplica: async (changes, monotonic) => {
      const running = await startVault(
        loadConfig(environment(changes)),
        createLogger('vault', 'trace', sink),
        monotonic,
      );
      let stopped: Promise<void> | undefined;
      const replica = { ready: running.ready, stop: () => (stopped ??= running.stop()) };
      replicas.push(replica);
      return replica;
    },
    stop: async () => {
      await Promise.all(replicas.map((replica) => replica.stop()));
      await Promise.all([operator, ...connections.values()].map((connection) => connection.close()));
      await Promise.all(clients.map((client) => client.end()));
      await Promise.all([nats.stop(), postgres.stop()]);
      trust.clean();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** The superuser's URL, on the database of the services. */
function databaseOf(url: string, service: string): string {
  const target = new URL(url);
  target.pathname = new URL(service).pathname;
  return target.toString();
}

/** What the gateway does at step 8 of a call: asks with a reply key of its own, and opens the sealed answer. */
export class GatewayPart {
  readonly replyKey: ReplyKey = generateReplyKey();
  private readonly keyring: Keyring;

  constructor(
    private readonly installation: Installation,
    readonly caller: VerbCaller,
  ) {
    this.keyring = installation.trust.keyring('gateway');
  }

  request(changes: GrantChanges): OpenRequest {
    const { issuer } = this.installation;
    return {
      ...issuer.pair({ rkh: replyKeyHash(this.replyKey.publicKey), ...changes }),
      replyKey: b64u(this.replyKey.publicKey),
    };
  }

  async open(request: OpenRequest): Promise<Record<string, string>> {
    const { sealed } = await this.caller.call(VERBS.open, request);
    return this.unseal(request, sealed);
  }

  unseal(request: OpenRequest, sealed: string): Record<string, string> {
    const channel = new SealedChannel(this.replyKey, this.keyring.sealKeyOf('vault'));
    const plaintext = channel.open(openSealing(request), fromB64u(sealed));
    return JSON.parse(plaintext.revealText()) as Record<string, string>;
  }
}

/** What control does for whoever administers secrets. */
export class ControlPart {
  constructor(
    private readonly installation: Installation,
    readonly caller: VerbCaller,
  ) {}

  put(org: string, target: SecretTarget, value: string, changes: GrantChanges = {}): Promise<SecretMetadata> {
    const { issuer } = this.installation;
    const args = issuer.sealedPut(org, target, value);
    return this.caller.call(VERBS.putSecret, issuer.change('secret.put', org, args, changes));
  }

  delete(org: string, target: SecretTarget, changes: GrantChanges = {}): Promise<DeleteReply> {
    const { issuer } = this.installation;
    return this.caller.call(VERBS.deleteSecret, issuer.change('secret.delete', org, { target }, changes));
  }

  async list(org: string, srv: string | null = null): Promise<SecretMetadata[]> {
    const assertion = this.installation.issuer.assertion(org);
    return (await this.caller.call(VERBS.listSecrets, { assertion, srv })).secrets;
  }
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VerbCaller, type Secret } from '@portcullis/contracts';
import { createLogger, migrate, NatsRequester } from '@portcullis/platform';
import {
  startNats,
  startPostgres,
  testTrust,
  type TestNats,
  type TestPostgres,
  type TestTrust,
} from '@portcullis/platform/testing';
import type { NatsConnection } from '@nats-io/transport-node';
import { DataSource } from 'typeorm';
import { readConfig } from '../src/config.js';
import { startControl, type RunningControl } from '../src/start-control.js';
import { MIGRATIONS } from '../src/database/migrations.js';
import { StandInAudit } from './stand-ins/audit.js';
import { StandInPolicy } from './stand-ins/policy.js';
import { StandInVault } from './stand-ins/vault.js';
import { VerbResponder } from './stand-ins/verb-responder.js';

export const BOOTSTRAP_TOKEN = 'the-one-time-token-of-this-installation';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // Tests read answers freely.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any;
}

export interface ApiOptions {
  readonly key?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

export interface ControlFixture {
  readonly url: string;
  readonly control: RunningControl;
  readonly policy: StandInPolicy;
  readonly vault: StandInVault;
  readonly audit: StandInAudit;
  readonly nats: TestNats;
  readonly trust: TestTrust;
  readonly postgres: TestPostgres;
  readonly database: { ownerUrl: Secret; appUrl: Secret; jobUrl: Secret; superuserUrl: Secret };
  /** Everything that control logged, as text. */
  readonly log: () => string;
  /** As the gateway. */
  readonly gateway: VerbCaller;
  readonly gatewayConnection: NatsConnection;
  /** Another replica of control over the same database. Stopped with the fixture. */
  startReplica(changes?: Record<string, string>): Promise<{ control: RunningControl; url: string }>;
  api(method: string, path: string, options?: ApiOptions): Promise<Answer>;
  stop(): Promise<void>;
}

/** The real service over real NATS and PostgreSQL; the other services are replaced at the NATS boundary only. */
export async function startFixture(): Promise<ControlFixture> {
  const [nats, postgres] = await Promise.all([startNats(), startPostgres()]);
  const trust = testTrust();
  const database = await postgres.database('control');
  await migrate({ ownerUrl: database.ownerUrl, schema: 'control', migrations: MIGRATIONS });
  const directory = mkdtempSync(join(tmpdir(), 'portcullis-control-'));
  const file = (name: string, content: string): string => {
    writeFileSync(join(directory, name), content, { mode: 0o600 });
    return join(directory, name);
  };
  const environment = {
    LOG_LEVEL: 'debug',
    NATS_URL: nats.url,
    NATS_NKEY_SEED_FILE: file('seed', nats.seedOf('control').revealText()),
    ...trust.files('control'),
    DATABASE_URL_FILE: file('app', database.appUrl.revealText()),
    DATABASE_JOB_URL_FILE: file('job', database.jobUrl.revealText()),
    BOOTSTRAP_TOKEN_HASH_FILE: file('hash', createHash('sha256').update(BOOTSTRAP_TOKEN).digest('hex')),
    HTTP_ALLOWED_HOSTS: '127.0.0.1',
  };
  const connections = await Promise.all(
    (['policy', 'vault', 'audit', 'gateway'] as const).map((user) => nats.connectAs(user)),
  );
  const [forPolicy, forVault, forAudit, forGateway] = connections as [
    NatsConnection,
    NatsConnection,
    NatsConnection,
    NatsConnection,
  ];
  const policy = new StandInPolicy(new VerbResponder(forPolicy, trust.keyring('policy')));
  const vault = new StandInVault(new VerbResponder(forVault, trust.keyring('vault')));
  const audit = new StandInAudit(new VerbResponder(forAudit, trust.keyring('audit')));
  await Promise.all(connections.map((connection) => connection.flush()));
  const lines: string[] = [];
  const running: RunningControl[] = [];
  const startReplica = async (changes: Record<string, string> = {}) => {
    const logger = createLogger('control', 'debug', { write: (line) => void lines.push(line) });
    const control = await startControl(readConfig({ ...environment, ...changes }), logger);
    running.push(control);
    return { control, url: `http://127.0.0.1:${control.ready['port']}` };
  };
  const { control, url } = await startReplica();
  return {
    url,
    control,
    policy,
    vault,
    audit,
    nats,
    trust,
    postgres,
    database: { ...database, superuserUrl: postgres.superuserUrl },
    log: () => lines.join('\n'),
    gateway: new VerbCaller(new NatsRequester(forGateway), trust.keyring('gateway')),
    gatewayConnection: forGateway,
    startReplica,
    api: (method, path, options) => request(url, method, path, options),
    stop: async () => {
      await Promise.all(running.map((replica) => replica.stop()));
      await Promise.all(connections.map((connection) => connection.close()));
      await Promise.all([nats.stop(), postgres.stop()]);
      trust.clean();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

export async function request(
  url: string,
  method: string,
  path: string,
  options: ApiOptions = {},
): Promise<Answer> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(options.key === undefined ? {} : { authorization: `Bearer ${options.key}` }),
      ...options.headers,
    },
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  return {
    status: response.status,
    headers: response.headers,
    body: isJson && text !== '' ? JSON.parse(text) : text,
  };
}

export interface Tenant {
  readonly org: string;
  readonly admin: string;
  readonly key: string;
}

/** The home organisation, on the first call of a fixture. */
export async function bootstrap({ api }: ControlFixture): Promise<Tenant> {
  const body = { name: 'Acme', admin: { name: 'Ada Admin', email: 'ada@acme.example' } };
  const answer = await api('POST', '/api/bootstrap', { key: BOOTSTRAP_TOKEN, body });
  if (answer.status !== 201)
    throw new Error(`bootstrap answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return { org: answer.body.organisation, admin: answer.body.admin, key: answer.body.adminKey };
}

export async function createTenant({ api }: ControlFixture, home: Tenant, name: string): Promise<Tenant> {
  const body = { name, admin: { name: 'Olga Other', email: 'olga@other.example' } };
  const answer = await api('POST', '/api/organisations', { key: home.key, body });
  if (answer.status !== 201)
    throw new Error(`creation answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return { org: answer.body.organisation, admin: answer.body.admin, key: answer.body.adminKey };
}

/** Around row-level security, to look at what is really stored. */
export function superuser({ database }: ControlFixture): Promise<DataSource> {
  const url = new URL(database.superuserUrl.revealText());
  url.pathname = new URL(database.ownerUrl.revealText()).pathname;
  return new DataSource({ type: 'postgres', url: url.href }).initialize();
}

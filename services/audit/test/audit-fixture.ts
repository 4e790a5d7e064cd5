import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Secret,
  VerbCaller,
  VERBS,
  type AppendEntry,
  type AppendResult,
  type AuditExportChunk,
  type AuditFilter,
  type AuditRow,
  type Keyring,
  type ServiceName,
  type Verb,
} from '@portcullis/contracts';
import {
  startEventStoreNode,
  type TestNode,
  type TestNodeOptions,
} from '@portcullis/embedded-eventstore/testing';
import { createLogger, migrate, NatsRequester, type RunningService } from '@portcullis/platform';
import {
  startNats,
  startPostgres,
  testTrust,
  type TestDatabase,
  type TestNats,
  type TestPostgres,
} from '@portcullis/platform/testing';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Audit } from '../src/compose.js';
import { loadConfig, type Config } from '../src/config.js';
import { MIGRATIONS } from '../src/database/migrations.js';
import { SCHEMA } from '../src/database/schema.js';
import { startAudit } from '../src/start-audit.js';
import { principalFor } from './statements.js';

export type RunningAudit = RunningService & { audit: Audit };
type Overrides = Partial<Record<keyof Config, string>>;
export type Sender = 'gateway' | 'control' | 'vault' | 'policy';

/** Real NATS, PostgreSQL and event store, the service in this process, and callers with the keys of the others. */
export class AuditFixture {
  readonly running: RunningAudit[] = [];
  private readonly connections: NatsConnection[] = [];
  private readonly callers = new Map<Sender, Promise<VerbCaller>>();
  private readonly keyrings = new Map<ServiceName, Keyring>();

  readonly nats: TestNats;
  readonly database: TestDatabase;
  readonly node: TestNode;
  readonly trust = testTrust();
  readonly directory = mkdtempSync(join(tmpdir(), 'portcullis-audit-'));

  private constructor(
    private readonly parts: {
      nats: TestNats;
      postgres: TestPostgres;
      database: TestDatabase;
      node: TestNode;
    },
  ) {
    this.nats = parts.nats;
    this.database = parts.database;
    this.node = parts.node;
  }

  /** For what only an operator may do. */
  get superuserUrl(): Secret {
    const url = new URL(this.parts.postgres.superuserUrl.revealText());
    url.pathname = new URL(this.database.ownerUrl.revealText()).pathname;
    return Secret.of(url.href);
  }

  static async start(eventStore: TestNodeOptions = {}): Promise<AuditFixture> {
    const [nats, postgres, node] = await Promise.all([
      startNats(),
      startPostgres(),
      startEventStoreNode(eventStore),
    ]);
    const database = await postgres.database('audit');
    await migrate({ ownerUrl: database.ownerUrl, schema: SCHEMA, migrations: MIGRATIONS });
    return new AuditFixture({ nats, postgres, database, node });
  }

  /** The variables that a set-up gives a replica. */
  environment(overrides: Overrides = {}): Record<string, string> {
    const file = (name: string, content: string): string => {
      const path = join(this.directory, name);
      writeFileSync(path, content, { mode: 0o600 });
      return path;
    };
    return {
      ...this.trust.files('audit'),
      NATS_URL: this.nats.url,
      NATS_NKEY_SEED_FILE: file('nats.seed', this.nats.seedOf('audit').revealText()),
      DATABASE_URL_FILE: file('app.url', this.database.appUrl.revealText()),
      DATABASE_JOB_URL_FILE: file('job.url', this.database.jobUrl.revealText()),
      EVENTSTORE_URL_FILE: file('eventstore.url', this.node.url),
      INTERRUPT_INTERVAL_MS: '100',
      ...overrides,
    };
  }

  /** Another replica, in this process. */
  async startAudit(overrides: Overrides = {}): Promise<RunningAudit> {
    const config = loadConfig(this.environment(overrides));
    const running = await startAudit(
      config,
      createLogger('audit', process.env['TEST_LOG_LEVEL'] ?? 'silent'),
    );
    this.running.push(running);
    return running;
  }

  async stopAudit(running: RunningAudit): Promise<void> {
    this.running.splice(this.running.indexOf(running), 1);
    await running.stop();
  }

  keyring(service: ServiceName): Keyring {
    const keyring = this.keyrings.get(service) ?? this.trust.keyring(service);
    this.keyrings.set(service, keyring);
    return keyring;
  }

  /** Calls audit as that service does: its keys, its NATS user. */
  async call<Request, Reply>(sender: Sender, verb: Verb<Request, Reply>, request: Request): Promise<Reply> {
    const caller = this.callers.get(sender) ?? this.connect(sender);
    this.callers.set(sender, caller);
    return (await caller).call(verb, request);
  }

  private async connect(sender: Sender): Promise<VerbCaller> {
    const connection = await this.nats.connectAs(sender);
    this.connections.push(connection);
    return new VerbCaller(new NatsRequester(connection), this.keyring(sender));
  }

  async append(sender: Sender, ...entries: AppendEntry[]): Promise<AppendResult[]> {
    return (await this.call(sender, VERBS.append, { entries })).results;
  }

  async recorded(sender: Sender, entry: AppendEntry): Promise<Extract<AppendResult, { status: 'recorded' }>> {
    const [result] = await this.append(sender, entry);
    if (result?.status !== 'recorded') throw new Error(`refused: ${JSON.stringify(result)}`);
    return result;
  }

  /** The newest rows of an organisation, as control asks for them. */
  async rowsOf(org: string, filter: AuditFilter = {}): Promise<AuditRow[]> {
    const assertion = principalFor(this.keyring('control'), org);
    return (await this.call('control', VERBS.auditQuery, { assertion, filter, limit: 500, cursor: null }))
      .rows;
  }

  /** A whole export, chunk by chunk. */
  async exported(
    org: string,
    format: 'csv' | 'jsonl',
    filter: AuditFilter = {},
  ): Promise<AuditExportChunk[]> {
    const chunks: AuditExportChunk[] = [];
    let cursor: string | null = null;
    do {
      const assertion = principalFor(this.keyring('control'), org);
      const chunk: AuditExportChunk = await this.call('control', VERBS.auditExport, {
        assertion,
        filter,
        format,
        cursor,
      });
      chunks.push(chunk);
      cursor = chunk.next;
    } while (cursor !== null);
    return chunks;
  }

  async stop(): Promise<void> {
    this.node.resume();
    for (const running of [...this.running]) await this.stopAudit(running);
    await Promise.all(this.connections.map((connection) => connection.close()));
    await Promise.all([this.nats.stop(), this.parts.postgres.stop(), this.node.stop()]);
    this.trust.clean();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

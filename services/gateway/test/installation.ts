import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { newId, VERBS, type ReadinessReply } from '@portcullis/contracts';
import { createLogger, type RunningService } from '@portcullis/platform';
import {
  eventually,
  freePort,
  startNats,
  testTrust,
  type TestNats,
  type TestTrust,
} from '@portcullis/platform/testing';
import type { NatsConnection } from '@nats-io/transport-node';
import { parseGatewayConfig } from '../src/config.js';
import { startGateway } from '../src/start-gateway.js';
import { AuditStandIn } from './stand-ins/audit.js';
import { ControlStandIn } from './stand-ins/control.js';
import { PolicyStandIn } from './stand-ins/policy.js';
import { VaultStandIn } from './stand-ins/vault.js';
import { VerbResponder } from './stand-ins/verb-responder.js';

const BEHIND = ['control', 'policy', 'audit', 'vault'] as const;
type ServiceBehind = (typeof BEHIND)[number];

const READY = {
  control: VERBS.controlReady,
  policy: VERBS.policyReady,
  audit: VERBS.auditReady,
  vault: VERBS.vaultReady,
} as const;

type Ready = VerbResponder<Record<string, never>, ReadinessReply>;

interface Ground {
  nats: TestNats;
  trust: TestTrust;
  operator: NatsConnection;
  connections: Record<ServiceBehind, NatsConnection>;
}

/** A real broker with the real permissions, real keys, stand-ins behind the contracts, and one real gateway. */
export class Installation {
  readonly org = newId();
  readonly logs: string[] = [];
  /** Every message that crossed the broker, headers included. */
  readonly wire: string[] = [];
  private gateway: RunningService | undefined;
  origin!: string;
  private readonly directory = mkdtempSync(join(tmpdir(), 'portcullis-gateway-'));

  readonly nats: TestNats;
  readonly trust: TestTrust;
  readonly operator: NatsConnection;
  readonly connections: Record<ServiceBehind, NatsConnection>;
  readonly control: ControlStandIn;
  readonly policy: PolicyStandIn;
  readonly audit: AuditStandIn;
  readonly vault: VaultStandIn;
  /** Says of each that it is ready. */
  readonly ready: Record<ServiceBehind, Ready>;

  private constructor({ nats, trust, operator, connections }: Ground) {
    this.nats = nats;
    this.trust = trust;
    this.operator = operator;
    this.connections = connections;
    this.control = new ControlStandIn(connections.control, trust.keyring('control'));
    this.policy = new PolicyStandIn(connections.policy, trust.keyring('policy'), this.control.servers);
    this.audit = new AuditStandIn(connections.audit, trust.keyring('audit'));
    this.vault = new VaultStandIn(connections.vault, trust.keyring('vault'));
    const ready = (name: ServiceBehind): Ready =>
      new VerbResponder(connections[name], trust.keyring(name), READY[name], () => ({
        ready: true,
        problems: [],
      }));
    this.ready = {
      control: ready('control'),
      policy: ready('policy'),
      audit: ready('audit'),
      vault: ready('vault'),
    };
  }

  static async prepare(): Promise<Installation> {
    const nats = await startNats();
    const operator = await nats.connectAsOperator();
    const made = await Promise.all(BEHIND.map(async (name) => [name, await nats.connectAs(name)] as const));
    const connections = Object.fromEntries(made) as Ground['connections'];
    const installation = new Installation({ nats, trust: testTrust(), operator, connections });
    await installation.reset();
    return installation;
  }

  /** Records what crosses the broker from now on. */
  async capture(): Promise<void> {
    this.operator.subscribe('>', {
      callback: (_error, message) => {
        const headers = [...(message.headers ?? [])].flat(2).join('\n');
        this.wire.push(`${message.subject}\n${headers}\n${message.string()}`);
      },
    });
    await this.operator.flush();
  }

  /** @param natsUrl where the gateway finds the broker, when something stands in between */
  async startGateway(changes: Record<string, string> = {}, natsUrl = this.nats.url): Promise<void> {
    const port = await freePort();
    const seed = join(this.directory, 'nkey');
    writeFileSync(seed, this.nats.seedOf('gateway').revealText(), { mode: 0o600 });
    const sink = new PassThrough().on('data', (line: Buffer) => this.logs.push(line.toString('utf8')));
    const config = parseGatewayConfig({
      LOG_LEVEL: 'trace',
      HTTP_PORT: String(port),
      NATS_URL: natsUrl,
      NATS_NKEY_SEED_FILE: seed,
      ...this.trust.files('gateway'),
      ALLOWED_HOSTS: `127.0.0.1:${port}`,
      ...changes,
    });
    this.gateway = await startGateway(config, createLogger('gateway', 'trace', sink));
    this.origin = `http://127.0.0.1:${port}`;
  }

  async stopGateway(): Promise<void> {
    const running = this.gateway;
    this.gateway = undefined;
    await running?.stop();
  }

  url(slug?: string): URL {
    return new URL(slug === undefined ? '/mcp' : `/mcp/${slug}`, this.origin);
  }

  /** Resolves when every intent that is on record has its outcome. */
  async settled(): Promise<void> {
    const { records } = this.audit;
    await eventually(() => {
      const closed = new Set(records.map((it) => (it.kind === 'outcome' ? it.entry.intent : null)));
      const open = records.filter((it) => it.kind === 'intent' && !closed.has(it.entry.recordId));
      if (open.length > 0) throw new Error(`${open.length} intents have no outcome.`);
    });
  }

  /** Everybody serves again, and nothing is denied or recorded. */
  async reset(): Promise<void> {
    for (const part of [this.control, this.policy, this.audit, this.vault]) part.reset();
    for (const responder of Object.values(this.ready)) responder.reset();
    // What was subscribed or given up counts only once the broker knows of it.
    await Promise.all([this.operator, ...Object.values(this.connections)].map((it) => it.flush()));
  }

  async stop(): Promise<void> {
    await this.stopGateway();
    await Promise.all([this.operator, ...Object.values(this.connections)].map((it) => it.close()));
    await this.nats.stop();
    this.trust.clean();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

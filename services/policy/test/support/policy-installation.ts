import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import {
  issueToken,
  newId,
  VerbCaller,
  VERBS,
  type PolicyCommand,
  type PolicyCommandReply,
  type ServiceName,
} from '@portcullis/contracts';
import { startEventStoreNode, type TestNode } from '@portcullis/embedded-eventstore/testing';
import { createLogger, NatsRequester, type RunningService } from '@portcullis/platform';
import {
  LeaseGrantor,
  startNats,
  testTrust,
  type TestNats,
  type TestTrust,
} from '@portcullis/platform/testing';
import type { NatsConnection } from '@nats-io/transport-node';
import { loadConfig } from '../../src/config.js';
import { startPolicy } from '../../src/start-policy.js';
import { startAuditPeer, type AuditPeer } from './audit-peer.js';

/** Whom an assertion is about. */
export interface Who {
  org: string;
  sub: string;
  sid?: string;
  gen?: number;
  scopes?: string[];
  /** Who acts on their behalf. */
  agent?: string;
}

/** Starts the service under test with this environment. */
export type Launch = (environment: Record<string, string>) => Promise<RunningService>;

const inThisProcess: Launch = (environment) =>
  startPolicy(loadConfig(environment), createLogger('policy', 'silent'));

/** A broker, an event store, keys, an audit peer and the service under test: everything but the service is the real thing. */
export class PolicyInstallation {
  policy!: RunningService;
  readonly #connections = new Map<ServiceName, NatsConnection>();
  readonly #directory = mkdtempSync(join(tmpdir(), 'portcullis-policy-'));
  readonly #clientKey = randomBytes(32).toString('base64url');

  readonly nats: TestNats;
  readonly node: TestNode;
  readonly trust: TestTrust;
  readonly audit: AuditPeer;
  /** Control's part in the barrier. */
  readonly leases: LeaseGrantor;

  private constructor(
    parts: Pick<PolicyInstallation, 'nats' | 'node' | 'trust' | 'audit'>,
    control: NatsConnection,
    private readonly launch: Launch,
  ) {
    ({ nats: this.nats, node: this.node, trust: this.trust, audit: this.audit } = parts);
    this.#connections.set('control', control);
    this.leases = new LeaseGrantor(control, parts.trust.keyring('control'));
  }

  static async start(launch: Launch = inThisProcess): Promise<PolicyInstallation> {
    const [nats, node] = await Promise.all([startNats(), startEventStoreNode()]);
    const trust = testTrust();
    const audit = await startAuditPeer(await nats.connectAs('audit'), trust.keyring('audit'));
    const control = await nats.connectAs('control');
    const installation = new PolicyInstallation({ nats, node, trust, audit }, control, launch);
    await control.flush();
    installation.policy = await installation.startReplica();
    return installation;
  }

  startReplica(environment: Record<string, string> = {}): Promise<RunningService> {
    const file = (name: string, content: string) => {
      const path = join(this.#directory, name);
      writeFileSync(path, content, { mode: 0o600 });
      return path;
    };
    return this.launch({
      LOG_LEVEL: 'silent',
      NATS_URL: this.nats.url,
      NATS_NKEY_SEED_FILE: file('seed', this.nats.seedOf('policy').revealText()),
      EVENTSTORE_URL_FILE: file('eventstore', this.node.url),
      POLICY_CLIENT_KEY_FILE: file('client-key', this.#clientKey),
      ...this.trust.files('policy'),
      ...environment,
    });
  }

  get grpcAddress(): string {
    return `127.0.0.1:${this.policy.ready['grpcPort']}`;
  }

  get authzenUrl(): string {
    return `http://127.0.0.1:${this.policy.ready['authzenPort']}`;
  }

  /** Calls verbs with a service's own key, over that service's own NATS user. */
  async as(service: 'gateway' | 'control'): Promise<VerbCaller> {
    const known = this.#connections.get(service) ?? (await this.nats.connectAs(service));
    this.#connections.set(service, known);
    return new VerbCaller(new NatsRequester(known), this.trust.keyring(service));
  }

  assertion(
    { org, sub, sid = 'session', gen = 1, scopes = ['mcp', 'mcp:write'], agent }: Who,
    to: 'policy' | 'vault' = 'policy',
  ): string {
    const act = { client: null, agent: agent ?? null };
    const claims = { org, sub, act, kind: 'user' as const, scopes, sid, amr: ['key'], gen };
    return issueToken(this.trust.keyring('control'), 'pc-principal+jwt', to, claims);
  }

  async command(who: Who | null, ...commands: PolicyCommand[]): Promise<PolicyCommandReply> {
    const control = await this.as('control');
    const assertion = who === null ? null : this.assertion(who);
    return control.call(VERBS.policyCommand, { assertion, commandId: newId(), commands });
  }

  async stop(): Promise<void> {
    await this.policy.stop();
    await Promise.all(
      [...this.#connections.values(), this.audit.connection].map((connection) => connection.close()),
    );
    await Promise.all([this.nats.stop(), this.node.stop()]);
    this.trust.clean();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

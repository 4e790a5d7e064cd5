import { randomBytes } from 'node:crypto';
import {
  argumentDigest,
  b64u,
  issueForAudiences,
  issueToken,
  newId,
  payloadHash,
  VERBS,
  verifyToken,
  type Authorization,
  type AuthorizeRequest,
  type FilteredTools,
  type FilterToolsRequest,
  type Keyring,
  type ObserveToolsReply,
  type ObserveToolsRequest,
  type PrincipalClaims,
  type ServerEndpoint,
  type ToolLabel,
} from '@portcullis/contracts';
import type { NatsConnection } from '@nats-io/transport-node';
import { VerbResponder } from './verb-responder.js';

type Servers = ReadonlyMap<string, readonly ServerEndpoint[]>;

const digest = (): string => b64u(randomBytes(32));

/**
 * Stands for policy: a list of labels and one of denied tools decide; assertions are verified, grants and denials are
 * real. A tool without a label is denied.
 */
export class PolicyStandIn {
  readonly labels = new Map<string, ToolLabel>();
  readonly denied = new Set<string>();
  /** Ids of API keys that have been revoked, and subjects that are no members any more. */
  readonly revoked = new Set<string>();
  readonly authorize: VerbResponder<AuthorizeRequest, Authorization>;
  readonly filterTools: VerbResponder<FilterToolsRequest, FilteredTools>;
  readonly observeTools: VerbResponder<ObserveToolsRequest, ObserveToolsReply>;
  revision = 7;

  constructor(
    connection: NatsConnection,
    private readonly keyring: Keyring,
    private readonly servers: Servers,
  ) {
    this.authorize = new VerbResponder(connection, keyring, VERBS.authorize, (request) =>
      this.decide(request),
    );
    this.observeTools = new VerbResponder(connection, keyring, VERBS.observeTools, ({ assertion }) => {
      this.whoAsks(assertion);
      return { revision: this.revision };
    });
    this.filterTools = new VerbResponder(connection, keyring, VERBS.filterTools, (request) => {
      this.whoAsks(request.assertion);
      const allowed = request.tools.map(({ name }) => name).filter((name) => this.refusal(name) === null);
      return { allowed, revision: this.revision };
    });
  }

  reset(): void {
    this.authorize.reset();
    this.observeTools.reset();
    this.filterTools.reset();
    this.denied.clear();
    this.revoked.clear();
  }

  private whoAsks(assertion: string): PrincipalClaims {
    return verifyToken(this.keyring, 'pc-principal+jwt', 'control', assertion, new Date());
  }

  private refusal(tool: string | null): { code: string; rule: string } | null {
    if (tool === null) return null;
    if (this.denied.has(tool)) return { code: 'rule_denies', rule: 'no-writes' };
    return this.labels.has(tool) ? null : { code: 'unlabelled_tool', rule: 'unlabelled-tool' };
  }

  private decide(request: AuthorizeRequest): Authorization {
    const who = this.whoAsks(request.assertion);
    const server = this.servers.get(who.org)?.find(({ srv }) => srv === request.srv);
    const revoked = this.revoked.has(who.sid) ? { code: 'credential_revoked', rule: 'revoked' } : null;
    const unknown = server === undefined ? { code: 'unknown_server', rule: 'unknown-server' } : null;
    const refusal = revoked ?? unknown ?? this.refusal(request.tool);
    return refusal === null && server !== undefined
      ? this.allow(request, who, server)
      : this.deny(request, who, refusal ?? { code: 'unknown_server', rule: 'unknown-server' });
  }

  private decided(request: AuthorizeRequest, who: PrincipalClaims, rule: string) {
    const label = request.tool === null ? null : (this.labels.get(request.tool) ?? null);
    const salt = randomBytes(32);
    const ad = request.tool === null ? null : argumentDigest(salt, request.tool, request.arguments);
    const common = { did: newId(), rev: this.revision, pdg: digest(), rule, label };
    const claims = {
      ...common,
      org: who.org,
      sub: who.sub,
      act: who.act,
      kind: who.kind,
      sid: who.sid,
      pah: b64u(payloadHash(request.assertion)),
      call: request.call,
      attempt: request.attempt,
      tool: request.tool,
      tdg: request.observedDigest,
      ad,
      op: request.operation,
    };
    const shown = {
      decisionId: common.did,
      revision: common.rev,
      policyDigest: common.pdg,
      rule,
      label,
    };
    return { claims, shown, salt: b64u(salt) };
  }

  private allow(request: AuthorizeRequest, who: PrincipalClaims, server: ServerEndpoint): Authorization {
    const { claims, shown, salt } = this.decided(request, who, 'members-may');
    const grants = issueForAudiences(this.keyring, 'pc-grant+jwt', ['audit', 'vault'], {
      ...claims,
      srv: server.srv,
      slug: server.slug,
      dst: server.dst,
      slots: server.slots.map(({ slot, owner }) => ({ slot, owner })),
      apr: null,
      rkh: request.replyKeyHash,
    });
    const reasons = [{ code: 'rule_allows', rule: shown.rule, message: 'Members may.' }];
    const message = `Allowed by rule "${shown.rule}".`;
    return { decision: 'allow', ...shown, reasons, message, grants, denial: null, argumentSalt: salt };
  }

  private deny(
    request: AuthorizeRequest,
    who: PrincipalClaims,
    refusal: { code: string; rule: string },
  ): Authorization {
    const { claims, shown } = this.decided(request, who, refusal.rule);
    const message = `Denied by rule "${refusal.rule}" at policy revision ${this.revision}: ask an administrator.`;
    const reasons = [{ code: refusal.code, rule: refusal.rule, message }];
    const denial = issueToken(this.keyring, 'pc-denial+jwt', 'audit', {
      ...claims,
      srv: request.srv,
      slug: null,
      decision: 'deny',
      reasons,
    });
    return { decision: 'deny', ...shown, reasons, message, grants: null, denial, argumentSalt: null };
  }
}

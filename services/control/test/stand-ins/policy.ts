import { randomBytes } from 'node:crypto';
import {
  AppError,
  argumentDigest,
  b64u,
  canonicalBytes,
  hpkeSeal,
  issueForAudiences,
  issueToken,
  newId,
  payloadHash,
  sha256,
  VERBS,
  verifyToken,
  type Approval,
  type Authorization,
  type AuthorizeAdminRequest,
  type JsonValue,
  type PolicyCommand,
  type PolicyCommandRequest,
  type PolicyState,
  type PrincipalClaims,
} from '@portcullis/contracts';
import { applyCommand, newOrganisation, TIME, type Organisation } from './policy-organisation.js';
import type { VerbResponder } from './verb-responder.js';

type Claims = Pick<PrincipalClaims, 'org' | 'sub' | 'sid' | 'gen'>;

const DIGEST = b64u(sha256('policy'));

/** The few rules of policy that control leans on: membership, the role admin, revoked generations, command ids. */
export class StandInPolicy {
  readonly organisations = new Map<string, Organisation>();
  readonly commands: PolicyCommand[] = [];
  readonly approvals: Omit<Approval, 'mine'>[] = [];

  constructor(readonly responder: VerbResponder) {
    responder.serve(VERBS.policyCommand, (request) => this.command(request));
    responder.serve(VERBS.authorizeAdmin, (request) => this.authorizeAdmin(request));
    responder.serve(VERBS.listApprovals, ({ assertion }) => {
      const { org, sub } = this.verify(assertion);
      const approvals = this.approvals.map((one) => ({ ...one, mine: one.user !== sub }));
      return { revision: this.organisation(org).revision, approvals, complete: true };
    });
    responder.serve(VERBS.decideApproval, ({ assertion, approval, verdict }) => {
      const { org, sub } = this.verify(assertion);
      const request = this.approvals.find((one) => one.approval === approval);
      if (request === undefined) throw new AppError('NOT_FOUND', 'There is no such request for approval.');
      if (request.user === sub) throw new AppError('DENIED_BY_POLICY', 'Only a second person may approve.');
      Object.assign(request, { status: verdict === 'grant' ? 'granted' : 'refused', decidedBy: sub });
      return { revision: this.organisation(org).revision, policyDigest: DIGEST, facts: 1 };
    });
    responder.serve(VERBS.toolDefinition, ({ assertion, srv, tool }) => {
      const { definitions } = this.state(this.verify(assertion).org);
      const { pinned, seen } = definitions.find((one) => one.srv === srv && one.tool === tool)!;
      const shown = (digest: string | null) => (digest === null ? null : { digest, definition: null });
      return { pinned: shown(pinned), seen: shown(seen), changes: [] };
    });
    responder.serve(VERBS.policyPlan, ({ assertion }) => {
      const { revision } = this.organisation(this.verify(assertion).org);
      const nothing = { findings: [], omittedFindings: 0, changes: [], omittedChanges: 0 };
      return {
        revision,
        basis: DIGEST,
        version: DIGEST,
        ...nothing,
        rights: { changes: [], complete: true },
      };
    });
    responder.serve(VERBS.policyState, ({ assertion }) => this.state(this.verify(assertion).org));
  }

  private verify(assertion: string) {
    return verifyToken(this.responder.keyring, 'pc-principal+jwt', 'control', assertion, new Date());
  }

  private organisation(org: string): Organisation {
    const found = this.organisations.get(org);
    if (found === undefined) throw new AppError('NOT_FOUND', 'The organisation is not registered.');
    return found;
  }

  private authorizeAdmin({
    assertion,
    operation,
    secret,
    erasure,
    call,
  }: AuthorizeAdminRequest): Authorization {
    const claims = this.verify(assertion);
    const organisation = this.organisation(claims.org);
    const rule = this.rule(claims, operation, secret);
    const effect = secret ?? erasure;
    const allowed = rule === 'organisation-admin' || rule === 'own-secret';
    const salt = randomBytes(32);
    const said = {
      decision: allowed ? ('allow' as const) : ('deny' as const),
      decisionId: newId(),
      revision: organisation.revision,
      policyDigest: DIGEST,
      rule,
      label: null,
      reasons: [{ code: rule.replaceAll('-', '_'), rule, message: rule }],
      message: `${allowed ? 'Allowed' : 'Denied'} by rule "${rule}" at policy revision ${organisation.revision}.`,
      argumentSalt: effect === undefined ? null : b64u(salt),
    };
    const claimed = {
      org: claims.org,
      sub: claims.sub,
      act: claims.act,
      kind: claims.kind,
      sid: claims.sid,
      pah: b64u(payloadHash(assertion)),
      call,
      attempt: 1,
      did: said.decisionId,
      rev: said.revision,
      pdg: DIGEST,
      tool: null,
      tdg: null,
      label: null,
      ad: digestOf(effect, salt, operation),
      rule,
    };
    const { keyring } = this.responder;
    if (!allowed) {
      const denial = {
        ...claimed,
        op: operation,
        srv: secret?.srv ?? null,
        slug: null,
        decision: 'deny' as const,
      };
      const reasons = said.reasons;
      return {
        ...said,
        grants: null,
        denial: issueToken(keyring, 'pc-denial+jwt', 'audit', { ...denial, reasons }),
      };
    }
    if (effect === undefined) return { ...said, grants: null, denial: null };
    const place = placeOf(organisation, secret);
    const grant = { ...claimed, op: operation as 'secret.put', ...place, apr: null, rkh: null };
    return {
      ...said,
      grants: issueForAudiences(keyring, 'pc-grant+jwt', ['audit', 'vault'], grant),
      denial: null,
    };
  }

  private rule(claims: Claims, operation: string, secret: AuthorizeAdminRequest['secret']) {
    const { members, revoked, home } = this.organisation(claims.org);
    const roles = members.get(claims.sub);
    if (roles === undefined) return 'not-a-member';
    if ((revoked.get(claims.sid) ?? -1) >= claims.gen) return 'credential-revoked';
    if (isOfUser(operation, secret)) return secret?.owner === claims.sub ? 'own-secret' : 'foreign-secret';
    if (!roles.has('admin') || (operation === 'organisation.create' && !home)) return 'not-an-admin';
    return 'organisation-admin';
  }

  private command({ assertion, commandId, commands }: PolicyCommandRequest) {
    const claims = assertion === null ? null : this.verify(assertion);
    const org = this.found(commands, claims) ?? this.administer(claims);
    const organisation = this.organisation(org);
    if (!organisation.commands.has(commandId)) {
      for (const command of commands) {
        this.commands.push(command);
        applyCommand(organisation, command);
      }
      organisation.commands.add(commandId);
      organisation.revision += 1;
    }
    const { revision } = organisation;
    return {
      revision,
      policyDigest: DIGEST,
      facts: commands.length,
      clientTokens: this.tokens(org, commands),
    };
  }

  private found([first]: PolicyCommand[], claims: Claims | null): string | null {
    if (first?.type !== 'RegisterOrganisation') return null;
    if (claims !== null) this.requireAdmin(claims, 'organisation.create');
    else if (!first.home) throw new AppError('UNAUTHENTICATED', 'An assertion is needed.');
    if (!this.organisations.has(first.org)) this.organisations.set(first.org, newOrganisation(first));
    return first.org;
  }

  private administer(claims: Claims | null): string {
    if (claims === null) throw new AppError('UNAUTHENTICATED', 'An assertion is needed.');
    this.requireAdmin(claims, 'policy.write');
    return claims.org;
  }

  private requireAdmin(claims: Claims, operation: string): void {
    const rule = this.rule(claims, operation, null);
    if (rule !== 'organisation-admin') throw new AppError('DENIED_BY_POLICY', `Denied by rule "${rule}".`);
  }

  private tokens(org: string, commands: PolicyCommand[]) {
    const { publicKey } = this.responder.keyring.sealKeyOf('control');
    return commands.flatMap((command) => {
      if (command.type !== 'AddPolicyClient') return [];
      const { client } = command;
      const sealed = hpkeSeal({
        recipientPublicKey: publicKey,
        info: 'portcullis/v1/policy-client-token',
        aad: canonicalBytes({ org, client }),
        plaintext: Buffer.from(`pcc_${client}_token`),
      });
      return [{ client, enc: b64u(sealed.enc), ciphertext: b64u(sealed.ciphertext) }];
    });
  }

  private state(org: string): PolicyState {
    const {
      definitions,
      pinning,
      members,
      groups,
      roles,
      rules,
      servers,
      labels,
      disabled,
      clients,
      revision,
    } = this.organisation(org);
    return {
      revision,
      policyDigest: DIGEST,
      version: DIGEST,
      members: [...members].map(([user, held]) => ({
        user,
        roles: [...held],
        groups: [...groups.values()].filter((one) => one.members.has(user)).map(({ group }) => group),
        since: TIME,
      })),
      groups: [...groups.values()].map(({ group, description, roles: brought }) => ({
        group,
        description,
        roles: brought,
      })),
      roles: [...roles].map(([role, description]) => ({ role, description, builtin: role === 'admin' })),
      rules,
      servers: [...servers.values()].map((server) => ({
        ...server,
        pinning: pinning.get(server.srv) ?? 'first_sight',
      })),
      labels,
      definitions,
      disabled,
      clients,
    };
  }
}

const digestOf = (effect: { arguments: JsonValue } | undefined, salt: Uint8Array, operation: string) =>
  effect === undefined ? null : argumentDigest(salt, operation, effect.arguments);

function placeOf({ servers }: Organisation, secret: AuthorizeAdminRequest['secret']) {
  if (secret === null) return { srv: null, slug: null, dst: null, slots: [] };
  const { srv, slug, dst } = servers.get(secret.srv)!;
  return { srv, slug, dst, slots: [secret.slot] };
}

const isOfUser = (operation: string, secret: AuthorizeAdminRequest['secret']): boolean =>
  operation === 'secret.put' && secret?.slot.owner === 'user';

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
  type Authorization,
  type AuthorizeAdminRequest,
  type PolicyCommand,
  type PolicyCommandRequest,
  type PolicyState,
} from '@portcullis/contracts';
import type { VerbResponder } from './verb-responder.js';

interface Organisation {
  home: boolean;
  members: Map<string, Set<string>>;
  revoked: Map<string, number>;
  roles: Map<string, string>;
  rules: PolicyState['rules'];
  servers: Map<string, PolicyState['servers'][number]>;
  labels: PolicyState['labels'];
  disabled: PolicyState['disabled'];
  clients: PolicyState['clients'];
  revision: number;
  commands: Set<string>;
}

const TIME = '2026-01-01T00:00:00.000Z';
const DIGEST = b64u(sha256('policy'));

/** The few rules of policy that control leans on: membership, the role admin, revoked generations, command ids. */
export class StandInPolicy {
  readonly organisations = new Map<string, Organisation>();
  readonly commands: PolicyCommand[] = [];

  constructor(readonly responder: VerbResponder) {
    responder.serve(VERBS.policyCommand, (request) => this.command(request));
    responder.serve(VERBS.authorizeAdmin, (request) => this.authorizeAdmin(request));
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

  private authorizeAdmin({ assertion, operation, secret, call }: AuthorizeAdminRequest): Authorization {
    const claims = this.verify(assertion);
    const organisation = this.organisation(claims.org);
    const rule = this.rule(claims, operation, secret);
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
      argumentSalt: secret === null ? null : b64u(salt),
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
      ad: secret === null ? null : argumentDigest(salt, operation, secret.arguments),
      rule,
    };
    const { keyring } = this.responder;
    if (!allowed) {
      const denial = { ...claimed, op: operation, srv: secret?.srv ?? null, slug: null, decision: 'deny' as const };
      const reasons = said.reasons;
      return { ...said, grants: null, denial: issueToken(keyring, 'pc-denial+jwt', 'audit', { ...denial, reasons }) };
    }
    if (secret === null) return { ...said, grants: null, denial: null };
    const { srv, slug, dst } = organisation.servers.get(secret.srv)!;
    const grant = { ...claimed, op: operation as 'secret.put', srv, slug, dst, slots: [secret.slot], apr: null, rkh: null };
    return { ...said, grants: issueForAudiences(keyring, 'pc-grant+jwt', ['audit', 'vault'], grant), denial: null };
  }

  private rule(claims: { org: string; sub: string; sid: string; gen: number }, operation: string, secret: AuthorizeAdminRequest['secret']) {
    const { members, revoked, home } = this.organisation(claims.org);
    const roles = members.get(claims.sub);
    if (roles === undefined) return 'not-a-member';
    if ((revoked.get(claims.sid) ?? -1) >= claims.gen) return 'credential-revoked';
    if (operation === 'secret.put' && secret?.slot.owner === 'user') return secret.owner === claims.sub ? 'own-secret' : 'foreign-secret';
    if (!roles.has('admin') || (operation === 'organisation.create' && !home)) return 'not-an-admin';
    return 'organisation-admin';
  }

  private command({ assertion, commandId, commands }: PolicyCommandRequest) {
    const [first] = commands;
    const founding = first?.type === 'RegisterOrganisation' ? first : null;
    const claims = assertion === null ? null : this.verify(assertion);
    if (claims === null && founding?.home !== true) throw new AppError('UNAUTHENTICATED', 'An assertion is needed.');
    if (claims !== null) this.requireAdmin(claims, founding === null ? 'policy.write' : 'organisation.create');
    if (founding !== null && !this.organisations.has(founding.org)) this.organisations.set(founding.org, empty(founding));
    const org = founding?.org ?? claims?.org ?? '';
    const organisation = this.organisation(org);
    if (!organisation.commands.has(commandId)) {
      for (const command of commands) this.apply(organisation, command);
      organisation.commands.add(commandId);
      organisation.revision += 1;
    }
    return { revision: organisation.revision, policyDigest: DIGEST, facts: commands.length, clientTokens: this.tokens(org, commands) };
  }

  private requireAdmin(claims: Parameters<StandInPolicy['rule']>[0], operation: string): void {
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
        info: 'portcullis/v1/client-token',
        aad: canonicalBytes({ org, client }),
        plaintext: Buffer.from(`pcc_${client}_token`),
      });
      return [{ client, enc: b64u(sealed.enc), ciphertext: b64u(sealed.ciphertext) }];
    });
  }

  private apply(organisation: Organisation, command: PolicyCommand): void {
    this.commands.push(command);
    const { members, servers, revoked } = organisation;
    switch (command.type) {
      case 'AddMember':
        members.set(command.user, new Set());
        break;
      case 'RemoveMember':
        if (isLastAdmin(members, command.user)) throw new AppError('FAILED_PRECONDITION', 'This is the last admin.');
        members.delete(command.user);
        break;
      case 'RevokeCredential':
        revoked.set(command.sid, Math.max(revoked.get(command.sid) ?? 0, command.generation));
        break;
      case 'GrantRole':
        requireMember(members, command.user).add(command.role);
        break;
      case 'RevokeRole':
        requireMember(members, command.user).delete(command.role);
        break;
      case 'ConnectServer':
      case 'ChangeServer': {
        const { srv, slug, dst, slots } = command;
        if (command.type === 'ChangeServer' && !servers.has(srv)) throw new AppError('NOT_FOUND', 'Not connected.');
        servers.set(srv, { srv, slug, dst, slots });
        break;
      }
      case 'RemoveServer':
        servers.delete(command.srv);
        break;
      default:
        applyRest(organisation, command);
    }
  }

  private state(org: string): PolicyState {
    const { members, roles, rules, servers, labels, disabled, clients, revision } = this.organisation(org);
    return {
      revision,
      policyDigest: DIGEST,
      members: [...members].map(([user, held]) => ({ user, roles: [...held], since: TIME })),
      roles: [...roles].map(([role, description]) => ({ role, description, builtin: role === 'admin' })),
      rules,
      servers: [...servers.values()],
      labels,
      disabled,
      clients,
    };
  }
}

function applyRest(organisation: Organisation, command: PolicyCommand): void {
  const { labels, disabled, clients, rules, roles } = organisation;
  if (command.type === 'DefineRole') roles.set(command.role, command.description);
  if (command.type === 'RemoveRole') roles.delete(command.role);
  if (command.type === 'AddRule') rules.push(command.rule);
  if (command.type === 'RemoveRule') organisation.rules = rules.filter(({ id }) => id !== command.rule);
  if (command.type === 'AddPolicyClient') clients.push({ client: command.client, name: command.name, since: TIME });
  if (command.type === 'RevokePolicyClient') organisation.clients = clients.filter(({ client }) => client !== command.client);
  if (command.type === 'DisableTool') disabled.push({ srv: command.srv, tool: command.tool, user: command.user });
  if (command.type === 'EnableTool') {
    organisation.disabled = disabled.filter(({ tool, user }) => tool !== command.tool || user !== command.user);
  }
  if (command.type === 'LabelTool') {
    const { srv, tool, label } = command;
    const others = labels.filter((one) => one.srv !== srv || one.tool !== tool);
    organisation.labels = label === null ? others : [...others, { srv, tool, label }];
  }
}

function requireMember(members: Organisation['members'], user: string): Set<string> {
  const roles = members.get(user);
  if (roles === undefined) throw new AppError('NOT_FOUND', 'The user is not a member of the organisation.');
  return roles;
}

function isLastAdmin(members: Organisation['members'], user: string): boolean {
  const admins = [...members].filter(([, roles]) => roles.has('admin'));
  return admins.length === 1 && admins[0]?.[0] === user;
}

const empty = ({ founder, home }: { founder: string; home: boolean }): Organisation => ({
  home,
  members: new Map([[founder, new Set(['admin'])]]),
  revoked: new Map(),
  roles: new Map([['admin', 'Administers']]),
  rules: [],
  servers: new Map(),
  labels: [],
  disabled: [],
  clients: [],
  revision: 0,
  commands: new Set(),
});

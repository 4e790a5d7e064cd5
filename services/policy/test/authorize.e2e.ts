import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  argumentDigest,
  b64u,
  fromB64u,
  newId,
  payloadHash,
  VERBS,
  verifyToken,
  type Authorization,
  type AuthorizeRequest,
} from '@portcullis/contracts';
import { verifies } from '../../../tools/verifies.js';
import { PolicyInstallation, type Who } from './support/policy-installation.js';
import { foundOrganisation, READS, type SampleOrganisation } from './support/sample-organisation.js';

let installation: PolicyInstallation;
let home: SampleOrganisation;
let other: SampleOrganisation;

beforeAll(async () => {
  installation = await PolicyInstallation.start();
  home = await foundOrganisation(installation);
  other = await foundOrganisation(installation, home);
});
afterAll(() => installation?.stop());

const callOf = (who: Who, change: Partial<AuthorizeRequest> = {}): AuthorizeRequest => ({
  assertion: installation.assertion(who),
  operation: 'tool.call',
  srv: home.srv,
  tool: 'list_notes',
  observedDigest: b64u(randomBytes(32)),
  arguments: { folder: 'inbox' },
  context: {},
  replyKeyHash: b64u(randomBytes(32)),
  call: newId(),
  attempt: 1,
  ...change,
});

async function authorize(request: AuthorizeRequest): Promise<Authorization> {
  return (await installation.as('gateway')).call(VERBS.authorize, request);
}

describe('authorize', () => {
  it('grants what a rule allows, to audit and vault, about exactly what was asked', async () => {
    verifies('B2', 'H2');
    const request = callOf(home.member);
    const answer = await authorize(request);
    expect(answer).toMatchObject({ decision: 'allow', rule: 'members-read', label: 'read', denial: null });
    const now = new Date();
    const toAudit = verifyToken(
      installation.trust.keyring('audit'),
      'pc-grant+jwt',
      'policy',
      answer.grants!.audit,
      now,
    );
    const toVault = verifyToken(
      installation.trust.keyring('vault'),
      'pc-grant+jwt',
      'policy',
      answer.grants!.vault,
      now,
    );
    expect(toVault).toEqual(toAudit);
    expect(toVault).toMatchObject({
      org: home.org,
      sub: home.member.sub,
      sid: home.member.sid,
      op: 'tool.call',
      srv: home.srv,
      slug: 'notes',
      dst: 'https://notes.example',
      slots: [{ slot: 'token', owner: 'organisation' }],
      tool: 'list_notes',
      tdg: request.observedDigest,
      rkh: request.replyKeyHash,
      call: request.call,
      attempt: 1,
      pah: b64u(payloadHash(request.assertion)),
      ad: argumentDigest(fromB64u(answer.argumentSalt!), 'list_notes', request.arguments),
      did: answer.decisionId,
      rev: answer.revision,
      pdg: answer.policyDigest,
      rule: 'members-read',
    });
  });

  it('says what it was decided on, but for the address of the client, and which arguments rules look at', async () => {
    verifies('B6');
    const rule = {
      ...READS,
      id: 'inboxes',
      tools: ['list_notes'],
      when: { 'arguments.folder': { $in: ['inbox'] }, 'context.ip': { $cidr: ['192.0.2.0/24'] } },
    };
    await installation.command(home.admin, { type: 'AddRule', rule });
    const context = { protocol: '2026-07-28', transport: 'http' as const };
    const asked = { context: { ...context, ip: '192.0.2.7' }, annotations: { readOnlyHint: true } };
    const allowed = await authorize(callOf(home.member, asked));
    const denied = await authorize(callOf(home.member, { ...asked, tool: 'create_note' }));
    const audit = installation.trust.keyring('audit');
    const grant = verifyToken(audit, 'pc-grant+jwt', 'policy', allowed.grants!.audit, new Date());
    const denial = verifyToken(audit, 'pc-denial+jwt', 'policy', denied.denial!, new Date());
    for (const { inp } of [grant, denial]) {
      expect(inp).toEqual({
        time: expect.stringMatching(/Z$/),
        generation: 1,
        scopes: ['mcp', 'mcp:write'],
        context,
        annotations: { readOnlyHint: true },
      });
    }
    expect(allowed.argumentPaths).toEqual([['folder']]);
    expect(denied.argumentPaths).toBeUndefined();
    await installation.command(home.admin, { type: 'RemoveRule', rule: 'inboxes' });
  });

  it('states a denial to audit, and never a grant', async () => {
    verifies('B11');
    const answer = await authorize(callOf(home.member, { tool: 'create_note' }));
    expect(answer).toMatchObject({ decision: 'deny', rule: 'default-deny', grants: null });
    expect(answer.message).toBe(
      `Denied by rule "default-deny" at policy revision ${answer.revision}: no rule allows write tools on "notes" for roles member. ` +
        'Ask an organisation admin to grant a role that allows notes/create_note.',
    );
    const denial = verifyToken(
      installation.trust.keyring('audit'),
      'pc-denial+jwt',
      'policy',
      answer.denial!,
      new Date(),
    );
    expect(denial).toMatchObject({
      sub: home.member.sub,
      tool: 'create_note',
      decision: 'deny',
      rule: 'default-deny',
      label: 'write',
    });
    expect(() =>
      verifyToken(installation.trust.keyring('vault'), 'pc-grant+jwt', 'policy', answer.denial!, new Date()),
    ).toThrow(expect.objectContaining({ code: 'UNAUTHENTICATED' }));
  });

  it('lets the very next request see what an admin changed', async () => {
    verifies('P7');
    const write = callOf(home.member, { tool: 'create_note' });
    expect((await authorize(write)).decision).toBe('deny');
    const rule = {
      id: 'member-writes',
      effect: 'allow' as const,
      subjects: { users: [home.member.sub] },
      servers: ['notes'],
      tools: ['*'],
      labels: ['write' as const],
    };
    const added = await installation.command(home.admin, { type: 'AddRule', rule });
    expect(await authorize(write)).toMatchObject({
      decision: 'allow',
      rule: 'member-writes',
      revision: added.revision,
      policyDigest: added.policyDigest,
    });
    await installation.command(home.admin, {
      type: 'DisableTool',
      srv: home.srv,
      tool: 'create_note',
      user: home.member.sub,
    });
    expect(await authorize(write)).toMatchObject({ decision: 'deny', rule: 'tool-disabled' });
    expect((await authorize(callOf(home.member))).decision).toBe('allow');
  });

  it('knows nothing of another organisation', async () => {
    verifies('H2', 'D3');
    expect(await authorize(callOf(other.member, { srv: home.srv }))).toMatchObject({
      decision: 'deny',
      rule: 'unknown-server',
      grants: null,
    });
    const stranger = { org: other.org, sub: home.member.sub, sid: home.member.sid };
    expect(await authorize(callOf(stranger, { srv: other.srv }))).toMatchObject({
      decision: 'deny',
      rule: 'not-a-member',
    });
    expect(await authorize(callOf({ org: newId(), sub: newId() }))).toMatchObject({
      decision: 'deny',
      rule: 'organisation-unknown',
    });
  });

  it('refuses arguments that have no one meaning', async () => {
    const gateway = await installation.as('gateway');
    await expect(
      gateway.call(VERBS.authorize, callOf(home.member, { arguments: { n: 2 ** 53 } })),
    ).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(await authorize(callOf(home.member, { arguments: ['list'] }))).toMatchObject({
      decision: 'deny',
      rule: 'invalid-arguments',
      argumentSalt: null,
    });
  });
});

describe('removal and revocation', () => {
  verifies('D9');
  it('deny an assertion that was issued before', async () => {
    const user = newId();
    await installation.command(home.admin, { type: 'AddMember', user });
    const request = callOf({ org: home.org, sub: user });
    expect((await authorize(request)).decision).toBe('allow');
    await installation.command(home.admin, { type: 'RemoveMember', user });
    expect(await authorize({ ...request, call: newId() })).toMatchObject({
      decision: 'deny',
      rule: 'not-a-member',
      grants: null,
    });
  });

  it('deny a revoked generation of a key at once, not the next one', async () => {
    const sid = newId();
    const by = (gen: number) => callOf({ ...home.member, sid, gen });
    expect((await authorize(by(1))).decision).toBe('allow');
    await installation.command(home.admin, { type: 'RevokeCredential', sid, generation: 1 });
    expect(await authorize(by(1))).toMatchObject({ decision: 'deny', rule: 'credential-revoked' });
    expect((await authorize(by(2))).decision).toBe('allow');
  });
});

describe('filterTools', () => {
  it('shows what some call could be allowed, in the order asked', async () => {
    const gateway = await installation.as('gateway');
    const tools = ['create_note', 'list_notes', 'never_labelled'].map((name) => ({
      name,
      digest: b64u(randomBytes(32)),
    }));
    const filter = (who: Who, srv: string) =>
      gateway.call(VERBS.filterTools, { assertion: installation.assertion(who), srv, tools });
    expect((await filter(other.member, other.srv)).allowed).toEqual(['list_notes']);
    expect((await filter(other.member, home.srv)).allowed).toEqual([]);
    expect((await filter({ org: other.org, sub: newId() }, other.srv)).allowed).toEqual([]);
    const annotated = tools.map((tool) => ({ ...tool, annotations: { destructiveHint: true } }));
    const raised = await gateway.call(VERBS.filterTools, {
      assertion: installation.assertion(other.member),
      srv: other.srv,
      tools: annotated,
    });
    expect(raised.allowed).toEqual([]);
  });
});

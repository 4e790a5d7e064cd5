import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  argumentDigest,
  fromB64u,
  newId,
  VERBS,
  verifyToken,
  type PolicyCommand,
} from '@portcullis/contracts';
import { eventually } from '@portcullis/platform/testing';
import { verifies } from '../../../tools/verifies.js';
import { recordIdOf } from '../src/relay/audit-entry.js';
import { checkOverNats, openClientToken } from './support/check-clients.js';
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

const control = () => installation.as('control');
const refusedWith = (code: string) => expect.objectContaining({ code });

describe('founding an organisation', () => {
  verifies('H2');
  const register = (home: boolean): PolicyCommand => ({
    type: 'RegisterOrganisation',
    org: newId(),
    founder: newId(),
    home,
  });

  it('needs an admin of the home organisation once there is one', async () => {
    await expect(installation.command(null, register(true))).rejects.toEqual(refusedWith('UNAUTHENTICATED'));
    await expect(installation.command(null, register(false))).rejects.toEqual(refusedWith('UNAUTHENTICATED'));
    await expect(installation.command(home.member, register(false))).rejects.toEqual(
      refusedWith('DENIED_BY_POLICY'),
    );
    await expect(installation.command(other.admin, register(false))).rejects.toEqual(
      refusedWith('DENIED_BY_POLICY'),
    );
    await expect(installation.command(home.admin, register(true))).rejects.toEqual(
      refusedWith('INVALID_ARGUMENT'),
    );
    expect((await installation.command(home.admin, register(false))).facts).toBe(3);
  });

  it('does nothing else in the same request', async () => {
    const more: PolicyCommand = { type: 'AddMember', user: newId() };
    await expect(installation.command(home.admin, register(false), more)).rejects.toEqual(
      refusedWith('INVALID_ARGUMENT'),
    );
    await expect(installation.command(home.admin, more, register(false))).rejects.toEqual(
      refusedWith('INVALID_ARGUMENT'),
    );
  });
});

describe('commands', () => {
  verifies('H2');
  it('are those of an admin of the organisation, by their own assertion', async () => {
    const add: PolicyCommand = { type: 'AddMember', user: newId() };
    await expect(installation.command(null, add)).rejects.toEqual(refusedWith('UNAUTHENTICATED'));
    await expect(installation.command(home.member, add)).rejects.toEqual(refusedWith('DENIED_BY_POLICY'));
    const impostor = { org: other.org, sub: home.admin.sub };
    await expect(installation.command(impostor, add)).rejects.toEqual(refusedWith('DENIED_BY_POLICY'));
    expect((await installation.command(home.admin, add)).facts).toBe(1);
  });

  it('lead to facts once, however often they are sent', async () => {
    const request = {
      assertion: installation.assertion(home.admin),
      commandId: newId(),
      commands: [{ type: 'DefineRole' as const, role: 'twice', description: 'first' }],
    };
    const first = await (await control()).call(VERBS.policyCommand, request);
    const again = await (await control()).call(VERBS.policyCommand, request);
    expect(first.facts).toBe(1);
    expect(again).toMatchObject({ facts: 0, revision: first.revision, policyDigest: first.policyDigest });
  });

  it('are refused with a code and a reason', async () => {
    const command = (command: PolicyCommand) => installation.command(home.admin, command);
    await expect(
      command({ type: 'AddRule', rule: { ...READS, id: 'odd', when: { 'arguments.x': { $foo: 1 } } } }),
    ).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: 'Condition at "/arguments.x/$foo": unknown operator "$foo"',
    });
    await expect(command({ type: 'GrantRole', user: newId(), role: 'admin' })).rejects.toEqual(
      refusedWith('NOT_FOUND'),
    );
    await expect(command({ type: 'RemoveMember', user: home.admin.sub })).rejects.toEqual(
      refusedWith('FAILED_PRECONDITION'),
    );
  });

  it('become administrative records of audit, each once per fact, in order', async () => {
    verifies('C4');
    const { revision } = await installation.command(home.admin, {
      type: 'DefineRole',
      role: 'recorded',
      description: 'not in the record',
    });
    const entries = await eventually(() => {
      const own = installation.audit.entries.filter(
        (entry) => entry.kind === 'fact' && entry.org === home.org,
      );
      expect(own).toHaveLength(revision + 1);
      return own;
    });
    const stream = `policy-${home.org}`;
    expect(entries.map(({ recordId }) => recordId)).toEqual(
      entries.map((_, index) => recordIdOf({ stream, revision: BigInt(index) })),
    );
    expect(entries.at(-1)).toMatchObject({
      by: 'policy',
      action: 'policy.RoleDefined.v1',
      actor: { kind: 'user', id: home.admin.sub },
      target: { type: 'role', id: 'recorded' },
      data: { role: 'recorded', revision },
    });
    expect(JSON.stringify(entries)).not.toContain('not in the record');
  });

  it('go on when audit refuses one for good: that one is recorded by its digest', async () => {
    verifies('P8');
    const role = 'oversized';
    installation.audit.tooLarge = (entry) => entry.kind === 'fact' && entry.data['role'] === role;
    await installation.command(other.admin, { type: 'DefineRole', role, description: '' });
    await installation.command(home.admin, { type: 'DefineRole', role: 'behind-it', description: '' });
    const relayed = await eventually(() => {
      expect(JSON.stringify(installation.audit.entries)).toContain('behind-it');
      return installation.audit.entries.filter((entry) =>
        JSON.stringify(entry).includes('PAYLOAD_TOO_LARGE'),
      );
    });
    expect(relayed).toEqual([
      expect.objectContaining({
        org: other.org,
        action: 'policy.RoleDefined.v1',
        actor: { kind: 'user', id: other.admin.sub },
        data: {
          revision: installation.audit.headOf(other.org)?.revision,
          head: installation.audit.headOf(other.org)?.head,
          refused: 'PAYLOAD_TOO_LARGE',
          digest: expect.any(String),
        },
      }),
    ]);
  });

  it('wait for audit without losing a fact', async () => {
    installation.audit.refuse = true;
    await installation.command(home.admin, { type: 'DefineRole', role: 'while-away', description: '' });
    expect(installation.audit.entries.some((entry) => JSON.stringify(entry).includes('while-away'))).toBe(
      false,
    );
    installation.audit.refuse = false;
    await eventually(() => expect(JSON.stringify(installation.audit.entries)).toContain('while-away'), {
      deadlineMs: 10_000,
    });
  });
});

describe('the policy as admins read it', () => {
  const state = async (who: Who) =>
    (await control()).call(VERBS.policyState, { assertion: installation.assertion(who) });
  it('shows rules by slug, members with all their roles, labels and switches', async () => {
    await installation.command(other.admin, {
      type: 'DisableTool',
      srv: other.srv,
      tool: 'list_notes',
      user: null,
    });
    const policy = await state(other.admin);
    expect(policy.members).toContainEqual({
      user: other.admin.sub,
      roles: ['admin', 'member'],
      groups: [],
      since: expect.any(String),
    });
    expect(policy.rules).toEqual([READS]);
    expect(policy.labels).toContainEqual({ srv: other.srv, tool: 'create_note', label: 'write' });
    expect(policy.disabled).toEqual([{ srv: other.srv, tool: 'list_notes', user: null }]);
    expect(policy.servers.map(({ slug }) => slug)).toEqual(['notes']);
  });
  it('is for admins of that organisation', async () => {
    await expect(state(other.member)).rejects.toEqual(refusedWith('DENIED_BY_POLICY'));
    await expect(state({ org: other.org, sub: home.admin.sub })).rejects.toEqual(
      refusedWith('DENIED_BY_POLICY'),
    );
  });
});

describe('administrative decisions', () => {
  const authorize = async (who: Who, change: object) =>
    (await control()).call(VERBS.authorizeAdmin, {
      assertion: installation.assertion(who),
      operation: 'audit.read',
      secret: null,
      call: newId(),
      ...change,
    });

  it('bring a grant for the keys above all secrets to admins of the home organisation alone', async () => {
    const kek = { arguments: { primary: 'local-1' } };
    const rotate = await authorize(home.admin, { operation: 'kek.rotate', kek });
    const vault = installation.trust.keyring('vault');
    const grant = verifyToken(vault, 'pc-grant+jwt', 'policy', rotate.grants!.vault, new Date());
    expect(grant).toMatchObject({ op: 'kek.rotate', srv: null, slug: null, dst: null, slots: [], rkh: null });
    expect(grant.ad).toBe(argumentDigest(fromB64u(rotate.argumentSalt!), 'kek.rotate', kek.arguments));
    expect(await authorize(other.admin, { operation: 'kek.rotate', kek })).toMatchObject({
      decision: 'deny',
      rule: 'not-an-admin',
      grants: null,
    });
    // What is asked beside another operation is not granted by it.
    expect(await authorize(home.admin, { operation: 'audit.read', kek })).toMatchObject({ grants: null });
  });

  it('bring an order to erase to admins alone, bound to what is to be erased', async () => {
    verifies('B2');
    const erasure = { arguments: { what: 'subject', id: other.member.sub } };
    const ordered = await authorize(other.admin, { operation: 'subject.erase', erasure });
    const vault = installation.trust.keyring('vault');
    const grant = verifyToken(vault, 'pc-grant+jwt', 'policy', ordered.grants!.vault, new Date());
    expect(grant).toMatchObject({ op: 'subject.erase', org: other.org, srv: null, slug: null, dst: null });
    expect(grant.ad).toBe(
      argumentDigest(fromB64u(ordered.argumentSalt!), 'subject.erase', erasure.arguments),
    );
    expect(await authorize(other.member, { operation: 'subject.erase', erasure })).toMatchObject({
      decision: 'deny',
      grants: null,
    });
    expect(await authorize(other.admin, { operation: 'kek.read', erasure })).toMatchObject({ grants: null });
    expect(await authorize(other.admin, { operation: 'subject.erase' })).toMatchObject({ grants: null });
  });

  it('bring a grant only for secrets and keys, bound to what the vault will be sent', async () => {
    verifies('B2');
    expect(await authorize(home.admin, {})).toMatchObject({
      decision: 'allow',
      rule: 'organisation-admin',
      grants: null,
      denial: null,
    });
    const target = {
      ownerKind: 'organisation',
      owner: home.org,
      srv: home.srv,
      slot: 'token',
      dst: 'https://notes.example',
    };
    const args = { target, sealed: { kid: 'k', enc: 'e', ciphertext: 'c' } };
    const secret = {
      srv: home.srv,
      slot: { slot: 'token', owner: 'organisation' },
      owner: home.org,
      arguments: args,
    };
    const put = await authorize(home.admin, { operation: 'secret.put', secret });
    const grant = verifyToken(
      installation.trust.keyring('vault'),
      'pc-grant+jwt',
      'policy',
      put.grants!.vault,
      new Date(),
    );
    expect(grant).toMatchObject({
      op: 'secret.put',
      srv: home.srv,
      dst: 'https://notes.example',
      tool: null,
      rkh: null,
    });
    expect(grant.ad).toBe(argumentDigest(fromB64u(put.argumentSalt!), 'secret.put', args));
    const elsewhere = {
      ...secret,
      arguments: { ...args, target: { ...target, dst: 'https://evil.example' } },
    };
    expect(await authorize(home.admin, { operation: 'secret.put', secret: elsewhere })).toMatchObject({
      decision: 'deny',
      rule: 'secret-target-mismatch',
      grants: null,
    });
  });

  it('state a denial to audit', async () => {
    const answer = await authorize(home.member, { operation: 'audit.export' });
    expect(answer).toMatchObject({ decision: 'deny', rule: 'not-an-admin' });
    const denial = verifyToken(
      installation.trust.keyring('audit'),
      'pc-denial+jwt',
      'policy',
      answer.denial!,
      new Date(),
    );
    expect(denial).toMatchObject({ op: 'audit.export', sub: home.member.sub, srv: null });
  });
});

describe('policy clients', () => {
  verifies('H2');
  const question = () => ({
    principal: home.member.sub,
    operation: 'tool.call',
    server: 'notes',
    tool: 'list_notes',
    arguments: null,
    context: {},
  });

  it('get their token once, ask about their own organisation, and stop at once when they are revoked', async () => {
    const tool = await installation.nats.connectAs('tool');
    const client = newId();
    const reply = await installation.command(home.admin, { type: 'AddPolicyClient', client, name: 'ci' });
    const token = openClientToken(installation.trust.keyring('control'), home.org, reply);
    expect(await checkOverNats(tool, token, question())).toMatchObject({
      decision: 'allow',
      rule: 'members-read',
    });
    expect(
      (await installation.command(home.admin, { type: 'DefineRole', role: 'later', description: '' }))
        .clientTokens,
    ).toEqual([]);

    // The same client id in another organisation is another client with another token.
    const copied = await installation.command(other.admin, { type: 'AddPolicyClient', client, name: 'copy' });
    const copy = openClientToken(installation.trust.keyring('control'), other.org, copied);
    expect(copy.revealText()).not.toBe(token.revealText());
    expect(await checkOverNats(tool, copy, question())).toMatchObject({
      decision: 'deny',
      rule: 'not-a-member',
    });
    expect(await checkOverNats(tool, token, question())).toMatchObject({ decision: 'allow' });

    await installation.command(home.admin, { type: 'RevokePolicyClient', client });
    await expect(checkOverNats(tool, token, question())).rejects.toEqual(refusedWith('UNAUTHENTICATED'));
    await tool.close();
  });
});

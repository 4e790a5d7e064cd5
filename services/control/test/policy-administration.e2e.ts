import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '@portcullis/contracts';
import { verifies } from '../../../tools/verifies.js';
import { bootstrap, startFixture, type ControlFixture, type Tenant } from './control-fixture.js';

let fixture: ControlFixture;
let home: Tenant;

beforeAll(async () => {
  fixture = await startFixture();
  home = await bootstrap(fixture);
  const body = { slug: 'notes', name: 'Notes', url: 'https://mcp.example.com/mcp', slots: [] };
  await fixture.api('POST', '/api/servers', { key: home.key, body });
}, 60_000);
afterAll(() => fixture?.stop());

async function member(name: string, scopes: string[]): Promise<{ user: string; key: string }> {
  const { body: user } = await fixture.api('POST', '/api/users', { key: home.key, body: { name } });
  const body = { name: 'k', scopes };
  const { body: key } = await fixture.api('POST', `/api/users/${user.user}/keys`, { key: home.key, body });
  return { user: user.user, key: key.secret };
}

describe('policy', () => {
  it('is changed through policy, and read from it', async () => {
    const mia = await member('Rita', ['mcp']);
    const done: [string, string, unknown?][] = [
      ['POST', '/api/roles', { role: 'analyst', description: 'Reads' }],
      ['PUT', `/api/users/${mia.user}/roles/analyst`],
      ['PUT', '/api/groups/research', { description: 'Finds out', roles: ['analyst'] }],
      ['PUT', `/api/groups/research/members/${mia.user}`],
      ['PUT', '/api/servers/notes/tools/search%2Fall/label', { label: 'read' }],
      ['PUT', '/api/servers/notes/tools/drop/disabled', { user: mia.user }],
      [
        'POST',
        '/api/rules',
        { id: 'r1', effect: 'allow', subjects: { roles: ['analyst'] }, servers: ['notes'], tools: ['*'] },
      ],
    ];
    for (const [method, path, body] of done) {
      const { status } = await fixture.api(method, path, { key: home.key, body });
      expect([path, status]).toEqual([path, 200]);
    }
    const { body: policy } = await fixture.api('GET', '/api/policy', { key: home.key });
    expect(policy.labels).toEqual([{ srv: expect.any(String), tool: 'search/all', label: 'read' }]);
    expect(policy.disabled).toEqual([{ srv: expect.any(String), tool: 'drop', user: mia.user }]);
    expect(policy.rules.map(({ id }: { id: string }) => id)).toEqual(['r1']);
    expect((await fixture.api('GET', '/api/roles', { key: home.key })).body.roles).toContainEqual({
      role: 'analyst',
      description: 'Reads',
      builtin: false,
    });
    expect((await fixture.api('GET', '/api/groups', { key: home.key })).body.groups).toEqual([
      { group: 'research', description: 'Finds out', roles: ['analyst'] },
    ]);
    const groupsOf = ({ members }: typeof policy) =>
      members.find(({ user }: { user: string }) => user === mia.user).groups;
    expect(groupsOf(policy)).toEqual(['research']);
    const undone: [string, string][] = [
      ['DELETE', '/api/rules/r1'],
      ['DELETE', `/api/servers/notes/tools/drop/disabled?user=${mia.user}`],
      ['DELETE', '/api/servers/notes/tools/search%2Fall/label'],
      ['DELETE', `/api/users/${mia.user}/roles/analyst`],
      ['DELETE', `/api/groups/research/members/${mia.user}`],
      ['DELETE', '/api/groups/research'],
      ['DELETE', '/api/roles/analyst'],
    ];
    for (const [method, path] of undone)
      expect((await fixture.api(method, path, { key: home.key })).status).toBe(200);
    const { body: after } = await fixture.api('GET', '/api/policy', { key: home.key });
    expect([after.labels, after.disabled, after.rules, after.groups]).toEqual([[], [], [], []]);
    expect(groupsOf(after)).toEqual([]);
  });

  it('shows what servers say of their tools, and approves it', async () => {
    verifies('B9');
    const [old, now] = ['A'.repeat(43), 'B'.repeat(43)];
    const { definitions, servers } = fixture.policy.organisations.get(home.org)!;
    const srv = [...servers.keys()][0]!;
    definitions.push({ srv, tool: 'drop', pinned: old, seen: now });
    const listed = await fixture.api('GET', '/api/servers/notes/definitions', { key: home.key });
    expect(listed.body).toEqual({
      pinning: 'first_sight',
      definitions: [{ tool: 'drop', pinned: old, seen: now }],
    });
    const path = '/api/servers/notes/tools/drop/definition';
    expect((await fixture.api('GET', path, { key: home.key })).body.seen.digest).toBe(now);
    expect((await fixture.api('PUT', path, { key: home.key, body: { digest: now } })).status).toBe(200);
    expect((await fixture.api('GET', path, { key: home.key })).body.pinned.digest).toBe(now);
    const strict = { pinning: 'approve_first' };
    await fixture.api('PUT', '/api/servers/notes/pinning', { key: home.key, body: strict });
    const after = await fixture.api('GET', '/api/servers/notes/definitions', { key: home.key });
    expect(after.body.pinning).toBe('approve_first');
    const wrong = { pinning: 'whatever' };
    expect(
      (await fixture.api('PUT', '/api/servers/notes/pinning', { key: home.key, body: wrong })).status,
    ).toBe(400);
  });

  it('is planned, applied and rolled back as one document', async () => {
    const { policy } = fixture;
    const document = { roles: { clerk: 'x' }, groups: {}, servers: {}, rules: [], guards: [] };
    const planned = await fixture.api('POST', '/api/policy/plans', { key: home.key, body: { document } });
    expect(planned).toMatchObject({ status: 200, body: { basis: expect.any(String), findings: [] } });
    const { basis } = planned.body;
    const applied = await fixture.api('PUT', '/api/policy', { key: home.key, body: { document, basis } });
    expect(applied).toMatchObject({ status: 200, body: { revision: expect.any(Number) } });
    const body = { version: basis };
    expect((await fixture.api('POST', '/api/policy/rollbacks', { key: home.key, body })).status).toBe(200);
    expect(policy.commands.slice(-2)).toEqual([
      { type: 'ApplyPolicy', document, basis },
      { type: 'RollbackPolicy', version: basis },
    ]);
    const broken = { document: { ...document, rules: [{ id: 'x' }] } };
    for (const [method, path] of [
      ['POST', '/api/policy/plans'],
      ['PUT', '/api/policy'],
    ] as const)
      expect((await fixture.api(method, path, { key: home.key, body: broken })).status).toBe(400);
    const member_ = await member('Petra', ['admin']);
    for (const [method, path, asked] of [
      ['POST', '/api/policy/plans', { document }],
      ['PUT', '/api/policy', { document }],
      ['POST', '/api/policy/rollbacks', body],
    ] as const)
      expect((await fixture.api(method, path, { key: member_.key, body: asked })).status).toBe(403);
  });

  it('lets a second person decide, with a key that was given for it', async () => {
    verifies('B10');
    const { user, key } = await member('Asking', ['mcp']);
    const approver = await member('Approving', ['approvals']);
    const request = {
      approval: newId(),
      user,
      srv: newId(),
      tool: 'drop',
      definition: null,
      rule: 'two-people',
      requestedAt: '2026-01-01T00:00:00.000Z',
      expiresAt: '2026-01-01T00:15:00.000Z',
      status: 'pending' as const,
      decidedBy: null,
    };
    fixture.policy.approvals.push(request);
    const path = `/api/approvals/${request.approval}`;
    const body = { verdict: 'grant' };
    expect((await fixture.api('PUT', path, { key, body })).status).toBe(403);
    const listed = await fixture.api('GET', '/api/approvals', { key: approver.key });
    expect(listed.body.approvals).toMatchObject([{ approval: request.approval, mine: true }]);
    expect((await fixture.api('PUT', path, { key: approver.key, body: { verdict: 'maybe' } })).status).toBe(
      400,
    );
    expect((await fixture.api('PUT', path, { key: approver.key, body })).status).toBe(200);
    expect(fixture.policy.approvals).toMatchObject([{ status: 'granted', decidedBy: approver.user }]);
    expect((await fixture.api('PUT', `/api/approvals/${newId()}`, { key: approver.key, body })).status).toBe(
      404,
    );
  });

  it('clients get their token once', async () => {
    const added = await fixture.api('POST', '/api/policy/clients', { key: home.key, body: { name: 'CRM' } });
    expect(added).toMatchObject({
      status: 201,
      body: { name: 'CRM', token: `pcc_${added.body.client}_token` },
    });
    const { body } = await fixture.api('GET', '/api/policy/clients', { key: home.key });
    expect(body.clients).toEqual([{ client: added.body.client, name: 'CRM', since: expect.any(String) }]);
    expect(
      (await fixture.api('DELETE', `/api/policy/clients/${added.body.client}`, { key: home.key })).status,
    ).toBe(204);
    expect((await fixture.api('GET', '/api/policy/clients', { key: home.key })).body.clients).toEqual([]);
  });
});

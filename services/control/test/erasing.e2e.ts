import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AppError, newId, VERBS, type SealedBox } from '@portcullis/contracts';
import { eventually } from '@portcullis/platform/testing';
import { verifies } from '../../../tools/verifies.js';
import {
  bootstrap,
  createTenant,
  startFixture,
  type ControlFixture,
  type Tenant,
} from './control-fixture.js';

let fixture: ControlFixture;
let home: Tenant;

beforeAll(async () => {
  fixture = await startFixture();
  home = await bootstrap(fixture);
}, 60_000);
afterAll(() => fixture?.stop());

const as = (key: string) => (method: string, path: string, body?: object) =>
  fixture.api(method, path, { key, ...(body === undefined ? {} : { body }) });
const admin = (method: string, path: string, body?: object) => as(home.key)(method, path, body);

async function member(name: string, scopes: string[] = ['admin']): Promise<{ user: string; key: string }> {
  const { body: user } = await admin('POST', '/api/users', { name });
  const { body: key } = await admin('POST', `/api/users/${user.user}/keys`, { name: 'k', scopes });
  return { user: user.user, key: key.secret };
}

async function connected(slug: string): Promise<string> {
  const url = 'https://mcp.example.com/mcp';
  return (await admin('POST', '/api/servers', { slug, name: slug, url })).body.srv;
}

/** As if it had been stored before, by whoever owns it. */
function kept(srv: string, owner: string): void {
  const times = { createdAt: new Date().toISOString(), updatedAt: new Date().toISOString() };
  const ownerKind = owner === home.org ? ('organisation' as const) : ('user' as const);
  const place = { ownerKind, owner, srv, slot: 'token', dst: 'https://mcp.example.com' };
  const metadata = { secretId: newId(), ...place, version: 1, last4: null, ...times, suspended: false };
  fixture.vault.secrets.set(metadata.secretId, { org: home.org, metadata, value: 'value' });
}

const remaining = () => [...fixture.vault.secrets.values()].map(({ metadata }) => metadata.owner);
const orders = () => fixture.vault.responder.of(VERBS.erase).map((request) => request.arguments);
const facts = (action: string, id: string) =>
  fixture.audit.facts(home.org).filter((it) => it.action === action && it.target?.id === id);

describe('removing a user', () => {
  it('has the vault destroy what is the user’s own, recorded before it is done', async () => {
    const { user } = await member('Leaver');
    const srv = await connected('one');
    kept(srv, user);
    kept(srv, home.org);
    expect((await admin('DELETE', `/api/users/${user}`)).status).toBe(204);
    expect(remaining()).toEqual([home.org]);
    const [erased] = fixture.vault.responder.of(VERBS.erase).slice(-1);
    const intents = [...fixture.audit.entries.values()].filter(({ kind }) => kind === 'intent');
    expect(intents).toHaveLength(1);
    expect(erased).toMatchObject({ arguments: { what: 'user', id: user } });
    await eventually(() =>
      expect(facts('control.erasure_concluded', user)).toEqual([
        expect.objectContaining({
          data: expect.objectContaining({ what: 'user', result: 'success', intent: intents[0]?.recordId }),
        }),
      ]),
    );
    await eventually(() => expect(facts('user.removed', user)).toHaveLength(1));
  });

  it.each<[string, { subject: string }, AppError, number]>([
    ['the vault', VERBS.erase, new AppError('KEY_UNAVAILABLE', 'away'), 503],
    ['the record', VERBS.append, new AppError('UNAVAILABLE', 'away'), 503],
  ])(
    'that fails at %s is completed by the same request, and nobody is gone before',
    async (_at, verb, error, status) => {
      const { user, key } = await member('Half Way');
      const srv = await connected(`half-${newId().slice(-4).toLowerCase()}`);
      kept(srv, user);
      await eventually(async () => expect((await admin('GET', '/api/audit/records')).status).toBe(200));
      await eventually(() => expect(facts('server.connected', srv)).toHaveLength(1));
      fixture[verb === VERBS.erase ? 'vault' : 'audit'].responder.failNext(verb, error);
      expect((await admin('DELETE', `/api/users/${user}`)).status).toBe(status);
      expect((await admin('GET', `/api/users/${user}`)).body).toMatchObject({ status: 'active' });
      expect(remaining()).toContain(user);
      // Listed, and powerless.
      expect((await as(key)('GET', '/api/users')).body).toMatchObject({ details: { rule: 'not-a-member' } });
      // What is made for the user meanwhile ends with the rest.
      const late = await admin('POST', `/api/users/${user}/keys`, { name: 'late' });
      expect(late.status).toBe(201);
      expect((await admin('DELETE', `/api/users/${user}`)).status).toBe(204);
      expect(remaining()).not.toContain(user);
      expect((await admin('GET', `/api/users/${user}`)).body).toMatchObject({ status: 'removed' });
      expect(fixture.policy.commands).toContainEqual(
        expect.objectContaining({ type: 'RevokeCredential', sid: late.body.key }),
      );
    },
  );

  it('asks the vault again for somebody who is gone already', async () => {
    const { user } = await member('Restored');
    await admin('DELETE', `/api/users/${user}`);
    kept(await connected('restored'), user);
    expect((await admin('DELETE', `/api/users/${user}`)).status).toBe(204);
    expect(remaining()).not.toContain(user);
    await eventually(() => expect(facts('user.removed', user)).toHaveLength(1));
  });

  it('is not for oneself, who could not have it completed', async () => {
    const { user, key } = await member('Second Admin');
    await admin('PUT', `/api/users/${user}/roles/admin`);
    const before = orders().length;
    expect((await as(key)('DELETE', `/api/users/${user}`)).body).toMatchObject({
      code: 'FAILED_PRECONDITION',
    });
    expect(fixture.policy.organisations.get(home.org)?.members.has(user)).toBe(true);
    expect(orders()).toHaveLength(before);
    await admin('DELETE', `/api/users/${user}/roles/admin`);
  });
});

describe('deleting a server', () => {
  it('has the vault destroy every credential kept for it, whoever owns it', async () => {
    verifies('H6');
    const [srv, other] = [await connected('gone'), await connected('stays')];
    const { user } = await member('Owner');
    for (const owner of [home.org, user]) kept(srv, owner);
    kept(other, user);
    const before = remaining().length;
    fixture.vault.responder.failNext(VERBS.erase, new AppError('UNAVAILABLE', 'away'));
    expect((await admin('DELETE', '/api/servers/gone')).status).toBe(503);
    expect((await admin('GET', '/api/servers/gone')).status).toBe(200);
    expect(fixture.policy.organisations.get(home.org)?.servers.has(srv)).toBe(false);
    expect(remaining()).toHaveLength(before);
    expect((await admin('DELETE', '/api/servers/gone')).status).toBe(204);
    expect((await admin('GET', '/api/servers/gone')).status).toBe(404);
    expect(remaining()).toHaveLength(before - 2);
    expect(remaining()).toContain(user);
    await eventually(() => expect(facts('server.deleted', srv)).toHaveLength(1));
  });

  it('leaves the server alone that has been connected under its slug meanwhile', async () => {
    const srv = await connected('twice');
    let again = '';
    fixture.vault.whenErasing = async () => {
      fixture.vault.whenErasing = undefined;
      expect((await admin('DELETE', '/api/servers/twice')).status).toBe(204);
      again = await connected('twice');
    };
    expect((await admin('DELETE', '/api/servers/twice')).status).toBe(204);
    expect(again).not.toBe(srv);
    expect((await admin('GET', '/api/servers/twice')).body).toMatchObject({ srv: again });
  });
});

describe('erasing a user', () => {
  /** What the vault can read of it: `user.removed` has the name. */
  const read = (box: SealedBox) => fixture.vault.open(home.org, box);

  it('makes unreadable what is personal about somebody who was removed, and forgets the name', async () => {
    verifies('B5');
    const { user } = await member('Erica Erased');
    const path = `/api/users/${user}/erasure`;
    const early = await admin('POST', path);
    expect(early.body).toMatchObject({ code: 'FAILED_PRECONDITION', details: { status: 'active' } });
    await admin('DELETE', `/api/users/${user}`);
    await eventually(() => expect(facts('user.removed', user)).toHaveLength(1));
    const box = facts('user.removed', user)[0]!.sealed.find(({ subject }) => subject === user)!;
    expect(read(box)).toMatchObject({ name: 'Erica Erased' });

    const erased = await admin('POST', path);
    expect(erased).toMatchObject({ status: 201, body: { secrets: 0, ownerKeys: 1, subjectKeys: 1 } });
    expect(() => read(box)).toThrow('sealed to an unknown key');
    const shown = await admin('GET', `/api/users/${user}`);
    expect(shown.body).toMatchObject({ name: 'Erased user', email: null, status: 'removed' });
    await eventually(() => expect(facts('user.erased', user)).toHaveLength(1));
    expect((await admin('POST', path)).body).toEqual({ secrets: 0, ownerKeys: 0, subjectKeys: 0 });
  });

  it('is for admins of the user’s organisation', async () => {
    const { user } = await member('Target');
    await admin('DELETE', `/api/users/${user}`);
    const plain = await member('Plain Member');
    const other = await createTenant(fixture, home, 'Other Ltd');
    const before = orders().length;
    const denied = await as(plain.key)('POST', `/api/users/${user}/erasure`);
    expect(denied).toMatchObject({ status: 403, body: { details: { rule: 'not-an-admin' } } });
    expect((await as(plain.key)('DELETE', `/api/users/${user}`)).status).toBe(403);
    expect((await as(other.key)('POST', `/api/users/${user}/erasure`)).status).toBe(404);
    expect((await as(other.key)('DELETE', `/api/users/${user}`)).status).toBe(404);
    expect(orders()).toHaveLength(before);
  });
});

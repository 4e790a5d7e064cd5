import { randomBytes } from 'node:crypto';
import { newId, VERBS, type SecretTarget } from '@portcullis/contracts';
import { eventually } from '@portcullis/platform/testing';
import { verifies } from '../../../tools/verifies.js';
import { ControlPart, GatewayPart, startInstallation, type Installation } from './installation.js';
import { targetOf } from './issuer.js';

let installation: Installation;
let gateway: GatewayPart;
let control: ControlPart;

beforeAll(async () => {
  installation = await startInstallation();
  await Promise.all([installation.startReplica(), installation.startReplica()]);
  gateway = new GatewayPart(installation, await installation.caller('gateway'));
  control = new ControlPart(installation, await installation.caller('control'));
}, 60_000);
afterAll(() => installation.stop(), 30_000);

function place(changes: Partial<SecretTarget> = {}) {
  const org = newId();
  const target = targetOf({ owner: org, ...changes });
  const slots = [{ slot: target.slot, owner: target.ownerKind }];
  return { org, target, grant: { org, srv: target.srv, dst: target.dst, slots } };
}
const open = (grant: object) => gateway.open(gateway.request(grant));

describe('vault.v1.put', () => {
  it('stores what the owner has sealed, and answers metadata only', async () => {
    verifies('H4');
    const { org, target, grant } = place();
    const metadata = await control.put(org, target, 'ghp_abcdefghijklmnop1234');
    expect(metadata).toEqual({
      secretId: expect.stringMatching(/^[0-9A-Z]{26}$/),
      ...target,
      version: 1,
      last4: '1234',
      createdAt: expect.stringMatching(/Z$/),
      updatedAt: metadata.createdAt,
      suspended: false,
    });
    expect(await open(grant)).toEqual({ token: 'ghp_abcdefghijklmnop1234' });
  });

  it('replaces the former value, under the same id and the next version', async () => {
    const { org, target, grant } = place();
    const first = await control.put(org, target, 'the first value');
    const second = await control.put(org, target, 'the second value');
    expect(second).toMatchObject({
      secretId: first.secretId,
      version: 2,
      createdAt: first.createdAt,
      last4: 'alue',
    });
    expect(await open(grant)).toEqual({ token: 'the second value' });
  });

  it('lets one of two writers at once win, and tells the others', async () => {
    const { org, target, grant } = place();
    const values = Array.from({ length: 6 }, (_, i) => `value number ${i}`);
    const results = await Promise.allSettled(values.map((value) => control.put(org, target, value)));
    const stored = results
      .filter((result) => result.status === 'fulfilled')
      .map(({ value }) => value.version);
    const refused = results.filter((result) => result.status === 'rejected').map(({ reason }) => reason.code);
    expect(new Set(refused)).toEqual(refused.length > 0 ? new Set(['CONFLICT']) : new Set());
    expect([...stored].sort()).toEqual(stored.map((_, index) => index + 1));
    const [listed] = await control.list(org);
    expect(listed?.version).toBe(stored.length);
    expect(values).toContain((await open(grant))['token']);
  });

  it('uses its grant up', async () => {
    verifies('B2');
    const { org, target } = place();
    const { issuer } = installation;
    const request = issuer.change('secret.put', org, issuer.sealedPut(org, target, 'some value'));
    await control.caller.call(VERBS.putSecret, request);
    await expect(control.caller.call(VERBS.putSecret, request)).rejects.toMatchObject({
      code: 'GRANT_CONSUMED',
    });
    expect(await control.list(org)).toMatchObject([{ version: 1 }]);
  });

  it('refuses a value that was sealed for another place, organisation or owner', async () => {
    verifies('B3');
    const { org, target } = place();
    const { issuer } = installation;
    const elsewhere = [
      issuer.sealedPut(org, { ...target, dst: 'https://evil.example.com' }, 'value'),
      issuer.sealedPut(newId(), target, 'value'),
      issuer.sealedPut(org, { ...target, slot: 'other' }, 'value'),
    ];
    for (const { sealed } of elsewhere) {
      const request = issuer.change('secret.put', org, { target, sealed });
      await expect(control.caller.call(VERBS.putSecret, request)).rejects.toMatchObject({
        code: 'DECRYPTION_FAILED',
      });
    }
    expect(await control.list(org)).toEqual([]);
  });

  it.each([
    ['an empty value', '', 'INVALID_ARGUMENT'],
    ['bytes that are no text', Buffer.from([0xc3, 0x28, 0x41, 0x42]), 'INVALID_ARGUMENT'],
    ['more than 64 KiB', 'x'.repeat(65_537), 'PAYLOAD_TOO_LARGE'],
  ])('refuses %s', async (_what, value, code) => {
    const { org, target } = place();
    const request = installation.issuer.change(
      'secret.put',
      org,
      installation.issuer.sealedPut(org, target, value),
    );
    await expect(control.caller.call(VERBS.putSecret, request)).rejects.toMatchObject({ code });
    expect(await control.list(org)).toEqual([]);
  });

  it('takes 64 KiB and gives them back', async () => {
    const { org, target, grant } = place();
    const value = randomBytes(32_768).toString('hex');
    await control.put(org, target, value);
    expect(await open(grant)).toEqual({ token: value });
  });

  it('refuses to store the credential of another user, whatever the grant says', async () => {
    const { org, target } = place({ ownerKind: 'user', owner: newId() });
    await expect(control.put(org, target, 'value', { sub: newId() })).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
  });

  it('is not for the gateway', async () => {
    const { org, target } = place();
    const { issuer } = installation;
    const request = issuer.change('secret.put', org, issuer.sealedPut(org, target, 'value'));
    await expect(gateway.caller.call(VERBS.putSecret, request, { timeoutMs: 1000 })).rejects.toMatchObject({
      code: expect.stringMatching(/UNAUTHENTICATED|UNAVAILABLE|DEADLINE_EXCEEDED/),
    });
    expect(await control.list(org)).toEqual([]);
  });
});

describe('vault.v1.delete', () => {
  it('deletes for good; storing again begins a new secret', async () => {
    const { org, target, grant } = place();
    const first = await control.put(org, target, 'a first value');
    expect(await control.delete(org, target)).toEqual({ deleted: true });
    expect(await control.delete(org, target)).toEqual({ deleted: false });
    await expect(open(grant)).rejects.toMatchObject({ code: 'CREDENTIAL_MISSING' });
    const again = await control.put(org, target, 'a later value');
    expect(again).toMatchObject({ version: 1 });
    expect(again.secretId).not.toBe(first.secretId);
  });

  it('takes no grant for storing', async () => {
    verifies('B2');
    const { org, target, grant } = place();
    await control.put(org, target, 'value');
    await expect(control.delete(org, target, { op: 'secret.put' })).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
    expect(await open(grant)).toEqual({ token: 'value' });
  });
});

describe('vault.v1.list', () => {
  it("shows the assertion's organisation its own metadata, and nothing of anybody else", async () => {
    verifies('H4', 'H2');
    const mine = place();
    const theirs = place();
    await control.put(mine.org, mine.target, 'canary-of-mine-0001');
    await control.put(mine.org, { ...mine.target, srv: theirs.target.srv }, 'canary-of-mine-0002');
    await control.put(theirs.org, theirs.target, 'canary-of-theirs-01');
    const listed = await control.list(mine.org);
    expect(listed.map(({ last4 }) => last4).sort()).toEqual(['0001', '0002']);
    expect(JSON.stringify(listed)).not.toContain('canary');
    expect((await control.list(mine.org, theirs.target.srv)).map(({ last4 }) => last4)).toEqual(['0002']);
    expect(await control.list(newId())).toEqual([]);
  });

  it("takes no assertion that isn't for the vault", async () => {
    const { issuer } = installation;
    const grant = issuer.pair().grant;
    await expect(
      control.caller.call(VERBS.listSecrets, { assertion: grant, srv: null }),
    ).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
  });
});

describe('vault.v1.createSubjectKey', () => {
  it('gives one key to a subject, however many ask at once', async () => {
    const request = { org: newId(), subject: newId() };
    const keys = await Promise.all(
      Array.from({ length: 8 }, () => control.caller.call(VERBS.createSubjectKey, request)),
    );
    expect(new Set(keys.map((key) => JSON.stringify(key))).size).toBe(1);
    const other = await control.caller.call(VERBS.createSubjectKey, { ...request, subject: newId() });
    expect(other.publicKey).not.toBe(keys[0]?.publicKey);
    const { rows } = await installation.database.query(
      `SELECT count(*)::int AS n FROM owner_keys WHERE org_id = $1 AND owner_kind = 'user'`,
      [request.org],
    );
    expect(rows[0].n).toBe(2);
  });
});

describe('facts', () => {
  const soon = { deadlineMs: 8000 };

  it('of every change reach audit, with ids and never a value', async () => {
    const { org, target } = place();
    const { secretId } = await control.put(org, target, 'canary-in-no-fact');
    await control.put(org, target, 'canary-in-no-fact-either');
    await control.delete(org, target);
    await eventually(() => {
      for (const action of ['secret.stored', 'secret.rotated', 'secret.deleted', 'ownerKey.created']) {
        expect(installation.audit.of(action).filter((fact) => fact.org === org)).toHaveLength(1);
      }
    }, soon);
    const facts = [...installation.audit.facts.values()].filter((fact) => fact.org === org);
    expect(facts.find(({ action }) => action === 'secret.rotated')).toMatchObject({
      target: { type: 'secret', id: secretId },
      actor: { kind: 'user' },
      data: { slot: 'token', dst: target.dst, srv: target.srv, version: 2 },
    });
    expect(JSON.stringify(facts)).not.toContain('canary');
    expect(JSON.stringify(facts)).not.toContain('ther');
  });

  it('stay in the outbox while audit refuses them, and get there once each', async () => {
    const { org, target } = place();
    installation.audit.refusing = true;
    await control.put(org, target, 'value');
    const waiting = () =>
      installation.database.query('SELECT attempts, refusal FROM outbox WHERE org_id = $1', [org]);
    await eventually(async () => {
      const { rows } = await waiting();
      expect(rows).toHaveLength(2);
      expect(rows.every(({ attempts, refusal }) => attempts > 0 && refusal === 'UNAVAILABLE')).toBe(true);
    }, soon);
    installation.audit.refusing = false;
    await eventually(
      async () => {
        expect((await waiting()).rows).toEqual([]);
        expect([...installation.audit.facts.values()].filter((fact) => fact.org === org)).toHaveLength(2);
      },
      { deadlineMs: 20_000 },
    );
  });

  it('are sent again when the answer was lost, and are one record each', async () => {
    const { org, target } = place();
    const { audit } = installation;
    audit.losingAnswers = true;
    const before = audit.received;
    await control.put(org, target, 'value');
    // Both facts arrived more than once.
    await eventually(() => expect(audit.received - before).toBeGreaterThanOrEqual(4), { deadlineMs: 10_000 });
    audit.losingAnswers = false;
    await eventually(
      async () => {
        const { rows } = await installation.database.query('SELECT 1 FROM outbox WHERE org_id = $1', [org]);
        expect(rows).toEqual([]);
      },
      { deadlineMs: 10_000 },
    );
    expect([...audit.facts.values()].filter((fact) => fact.org === org)).toHaveLength(2);
  });
});

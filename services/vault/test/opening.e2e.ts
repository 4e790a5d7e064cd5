import { randomBytes } from 'node:crypto';
import type { Msg, MsgHdrs } from '@nats-io/transport-node';
import { newId, VERBS, type OpenRequest, type SecretTarget } from '@portcullis/contracts';
import { verifies } from '../../../tools/verifies.js';
import { ControlPart, GatewayPart, startInstallation, type Installation } from './installation.js';
import { targetOf, type GrantChanges } from './issuer.js';

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

/** An organisation with one secret, and the grant that opens it. */
async function stored(value = randomBytes(24).toString('hex'), changes: Partial<SecretTarget> = {}) {
  const org = newId();
  const target = targetOf({ owner: org, ...changes });
  await control.put(org, target, value);
  const slots = [{ slot: target.slot, owner: target.ownerKind }];
  const grant: GrantChanges = { org, srv: target.srv, dst: target.dst, slots };
  return { org, target, value, grant };
}

const usedGrants = async (org: string): Promise<number> => {
  const { rows } = await installation.database.query(
    'SELECT count(*)::int AS n FROM used_grants WHERE org_id = $1',
    [org],
  );
  return rows[0].n;
};

describe('vault.v1.open', () => {
  it('gives the credential to whoever holds the reply key', async () => {
    verifies('P5', 'B2');
    const { value, grant } = await stored();
    expect(await gateway.open(gateway.request(grant))).toEqual({ token: value });
  });

  it("gives the organisation's and the caller's own credential in one answer", async () => {
    verifies('P3');
    const { org, target, value, grant } = await stored();
    const user = newId();
    const personal = { ...target, ownerKind: 'user' as const, owner: user, slot: 'personal' };
    await control.put(org, personal, 'the-token-of-this-user');
    const slots = [...(grant.slots ?? []), { slot: 'personal', owner: 'user' as const }];
    expect(await gateway.open(gateway.request({ ...grant, slots, sub: user }))).toEqual({
      token: value,
      personal: 'the-token-of-this-user',
    });
    await expect(gateway.open(gateway.request({ ...grant, slots, sub: newId() }))).rejects.toMatchObject({
      code: 'CREDENTIAL_MISSING',
      details: { slot: 'personal' },
    });
  });

  it('gives it once, however many ask at once of however many replicas', async () => {
    verifies('B2');
    const { org, value, grant } = await stored();
    const request = gateway.request(grant);
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => gateway.open(request)));
    const opened = results.filter((result) => result.status === 'fulfilled');
    expect(opened.map((result) => result.value)).toEqual([{ token: value }]);
    const refused = results.filter((result) => result.status === 'rejected');
    expect(new Set(refused.map((result) => (result.reason as { code: string }).code))).toEqual(
      new Set(['GRANT_CONSUMED']),
    );
    // One for storing it, one for opening it.
    expect(await usedGrants(org)).toBe(2);
  });

  it('gives each its own when several are asked for together, and one of two that are the same', async () => {
    verifies('B2', 'P3');
    const { org, target, value, grant } = await stored();
    const users = [newId(), newId()];
    const slots = [{ slot: 'personal', owner: 'user' as const }];
    for (const owner of users)
      await control.put(org, { ...target, ownerKind: 'user', owner, slot: 'personal' }, `of-user-${owner}`);
    const requests = [
      ...users.map((sub) => gateway.request({ ...grant, slots, sub })),
      gateway.request(grant),
      gateway.request({ ...grant, slots, sub: newId() }),
      gateway.request({ ...grant, op: 'secret.put' }),
    ];
    const asked = [...requests, requests[0]!];
    const { replies } = await gateway.caller.call(VERBS.open.many!, { requests: asked });
    const answers = replies.map((reply, index) => {
      const { sealed, error } = reply as { sealed?: string; error?: { code: string } };
      return sealed === undefined ? error?.code : gateway.unseal(asked[index]!, sealed);
    });
    expect(answers).toEqual([
      { personal: `of-user-${users[0]}` },
      { personal: `of-user-${users[1]}` },
      { token: value },
      'CREDENTIAL_MISSING',
      'FORBIDDEN',
      'GRANT_CONSUMED',
    ]);
  });

  it('refuses a grant that was used before, with a new receipt too', async () => {
    verifies('B2', 'B3');
    const { grant } = await stored();
    const request = gateway.request(grant);
    await gateway.open(request);
    await expect(gateway.open(request)).rejects.toMatchObject({ code: 'GRANT_CONSUMED' });
    const again = { ...request, receipt: installation.issuer.receipt(request.grant) };
    await expect(gateway.open(again)).rejects.toMatchObject({ code: 'GRANT_CONSUMED' });
  });

  describe('gives nothing and uses no grant up for', () => {
    verifies('B2', 'B3');
    const attempts: [string, (request: OpenRequest, grant: GrantChanges) => OpenRequest, object][] = [
      [
        'a reply key that policy has not seen',
        (request) => ({
          ...request,
          replyKey: new GatewayPart(installation, gateway.caller).request({}).replyKey,
        }),
        { code: 'FORBIDDEN', details: { reason: 'reply_key' } },
      ],
      [
        'the receipt of another grant',
        (request, grant) => ({ ...request, receipt: gateway.request(grant).receipt }),
        { code: 'FORBIDDEN', details: { reason: 'receipt_of_other_grant' } },
      ],
      [
        'a receipt of another organisation',
        (request) => ({ ...request, receipt: installation.issuer.receipt(request.grant, { org: newId() }) }),
        { code: 'FORBIDDEN', details: { reason: 'receipt_of_other_organisation' } },
      ],
      [
        'a grant to store a secret',
        (_request, grant) => gateway.request({ ...grant, op: 'secret.put' }),
        { code: 'FORBIDDEN', details: { reason: 'operation' } },
      ],
      [
        'a receipt in the place of the grant',
        (request) => ({ ...request, grant: request.receipt }),
        { code: 'UNAUTHENTICATED' },
      ],
      [
        "a grant in policy's name by the gateway's key",
        (request) => {
          const claims = JSON.parse(
            Buffer.from(request.grant.split('.')[1] ?? '', 'base64url').toString(),
          ) as object;
          return { ...request, grant: installation.issuer.forged('pc-grant+jwt', claims, 'gateway') };
        },
        { code: 'UNAUTHENTICATED' },
      ],
    ];
    it.each(attempts)('%s', async (_what, attempt, refusal) => {
      const { org, grant } = await stored();
      const before = await usedGrants(org);
      const request = attempt(gateway.request(grant), grant);
      await expect(gateway.open(request)).rejects.toMatchObject(refusal);
      expect(await usedGrants(org)).toBe(before);
    });
  });

  it.each([
    ['another destination', { dst: 'https://elsewhere.example.com' }, 'CREDENTIAL_SUSPENDED'],
    ['another server', { srv: newId() }, 'CREDENTIAL_MISSING'],
    ['another organisation', { org: newId() }, 'CREDENTIAL_MISSING'],
    ["a user's slot", { slots: [{ slot: 'token', owner: 'user' as const }] }, 'CREDENTIAL_MISSING'],
  ])('gives nothing to a genuine grant for %s', async (_what, changes, code) => {
    verifies('B2');
    const { grant } = await stored();
    await expect(gateway.open(gateway.request({ ...grant, ...changes }))).rejects.toMatchObject({ code });
  });

  it('opens again after the owner has stored it for the new destination', async () => {
    const { org, target, grant } = await stored();
    const dst = 'https://moved.example.com';
    await expect(gateway.open(gateway.request({ ...grant, dst }))).rejects.toMatchObject({
      code: 'CREDENTIAL_SUSPENDED',
    });
    await control.put(org, { ...target, dst }, 'stored again');
    expect(await gateway.open(gateway.request({ ...grant, dst }))).toEqual({ token: 'stored again' });
    await expect(gateway.open(gateway.request(grant))).rejects.toMatchObject({
      code: 'CREDENTIAL_SUSPENDED',
    });
  });

  it('is answered to the gateway only', async () => {
    verifies('B3');
    const { grant } = await stored();
    const asControl = new GatewayPart(installation, control.caller);
    await expect(asControl.open(asControl.request(grant))).rejects.toMatchObject({
      code: expect.stringMatching(/UNAUTHENTICATED|UNAVAILABLE|DEADLINE_EXCEEDED/),
    });
  });

  it('seals to the reply key: nobody without its private half reads the answer', async () => {
    verifies('B3');
    const { grant } = await stored();
    const request = gateway.request(grant);
    const { sealed } = await gateway.caller.call(VERBS.open, request);
    const stranger = new GatewayPart(installation, gateway.caller);
    expect(() => stranger.unseal(request, sealed)).toThrow(
      expect.objectContaining({ code: 'DECRYPTION_FAILED' }),
    );
    const moved = { ...request, receipt: installation.issuer.receipt(request.grant) };
    expect(() => gateway.unseal(moved, sealed)).toThrow(
      expect.objectContaining({ code: 'DECRYPTION_FAILED' }),
    );
    expect(gateway.unseal(request, sealed)).toHaveProperty('token');
  });
});

describe('a broker that', () => {
  verifies('B3');

  /** What the gateway sends, as the broker's operator sees it pass. */
  async function captured(request: OpenRequest): Promise<Msg> {
    const subscription = installation.operator.subscribe(VERBS.open.subject, { max: 1 });
    await installation.operator.flush();
    const seen = (async () => {
      for await (const message of subscription) return message;
      throw new Error('nothing passed');
    })();
    await gateway.open(request);
    return seen;
  }
  /** The vault answers into inboxes of its callers only, so that is where the operator listens. */
  async function send(body: Uint8Array, headers?: MsgHdrs): Promise<{ error?: { code: string } }> {
    const reply = `_INBOX_gateway.${newId()}`;
    const answers = installation.operator.subscribe(reply, { max: 1, timeout: 5000 });
    installation.operator.publish(VERBS.open.subject, body, { reply, ...(headers ? { headers } : {}) });
    for await (const answer of answers) return answer.json();
    throw new Error('no answer');
  }

  it('repeats a request byte by byte gets nothing', async () => {
    const { grant } = await stored();
    const message = await captured(gateway.request(grant));
    expect(await send(message.data, message.headers)).toMatchObject({ error: { code: 'GRANT_CONSUMED' } });
  });

  it('puts its own reply key into a request gets nothing, and the grant stays', async () => {
    const { value, grant } = await stored();
    const message = await captured(gateway.request(grant));
    const request = gateway.request(grant);
    const rogue = new GatewayPart(installation, gateway.caller).request({});
    const body = Buffer.from(JSON.stringify({ ...request, replyKey: rogue.replyKey }));
    expect(await send(body, message.headers)).toMatchObject({ error: { code: 'UNAUTHENTICATED' } });
    expect(await gateway.open(request)).toEqual({ token: value });
  });

  it('asks by itself gets nothing', async () => {
    const { grant } = await stored();
    const body = Buffer.from(JSON.stringify(gateway.request(grant)));
    expect(await send(body)).toMatchObject({ error: { code: 'UNAUTHENTICATED' } });
  });
});

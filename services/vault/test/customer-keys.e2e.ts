import { newId, VERBS, type JsonValue, type KekOperation, type VerbCaller } from '@portcullis/contracts';
import type { RunningService } from '@portcullis/platform';
import { eventually } from '@portcullis/platform/testing';
import { verifies } from '../../../tools/verifies.js';
import { CACHE_MS } from '../src/key-hierarchy/owner-key-cache.js';
import { ControlPart, GatewayPart, startInstallation, type Installation } from './installation.js';
import { targetOf, type GrantChanges } from './issuer.js';
import { shippedActions } from './support/kms-installation.js';
import type { KmsKeyStandIn } from './support/kms-keys.js';
import { KmsStandIn } from './support/kms-stand-in.js';
import { CredentialFiles } from './support/transit-installation.js';

const HOME = newId();
const ACME = newId();
const files = new CredentialFiles();
let installation: Installation;
let gateway: GatewayPart;
let control: ControlPart;
let asking: VerbCaller;
let kms: KmsStandIn;
let key: KmsKeyStandIn;
let replicas: RunningService[] = [];
/** By how much the replicas' clock of unwrapped keys is ahead. */
let ahead = 0;

beforeAll(async () => {
  [installation, kms] = await Promise.all([startInstallation(), KmsStandIn.start()]);
  gateway = new GatewayPart(installation, await installation.caller('gateway'));
  asking = await installation.caller('control');
  control = new ControlPart(installation, asking);
  kms.permitted = shippedActions();
  key = kms.createKey();
}, 60_000);
afterAll(async () => {
  await installation.stop();
  await kms.stop();
  files.clean();
}, 30_000);

const LIMITS = {
  VAULT_OPENS_PER_SECOND_USER: '100000',
  VAULT_OPENS_PER_SECOND_SERVER: '100000',
  VAULT_OPENS_PER_SECOND_ORGANISATION: '100000',
};
/** As the operator writes it down. */
const customersFile = (seals: boolean) => ({
  VAULT_CUSTOMER_KEYS_FILE: files.write(
    'customer-keys.json',
    JSON.stringify([
      {
        org: ACME,
        key: 'aws:acme',
        seals,
        settings: {
          AWS_KEY_ARN: key.arn,
          AWS_ENDPOINT: kms.url,
          AWS_CREDENTIALS_FILE: files.write('aws-credentials', kms.credentials),
        },
      },
    ]),
  ),
});
async function restart(changes: Record<string, string> = {}, count = 1): Promise<void> {
  await Promise.all(replicas.map((replica) => replica.stop()));
  const start = () => installation.startReplica({ ...LIMITS, ...changes }, () => performance.now() + ahead);
  replicas = await Promise.all(Array.from({ length: count }, start));
}

interface Stored {
  readonly grant: GrantChanges;
  readonly target: ReturnType<typeof targetOf>;
}
async function stored(org: string): Promise<Stored> {
  const target = targetOf({ owner: org });
  await control.put(org, target, `value of ${org}`);
  return { target, grant: { org, srv: target.srv, dst: target.dst, sub: newId() } };
}
const open = ({ grant }: Stored) => gateway.open(gateway.request(grant));
const opens = async (secret: Stored): Promise<void> =>
  expect(await open(secret)).toEqual({ token: `value of ${secret.grant.org}` });

/** Opens until told to stop, and then tells how often. Any failure is its. */
function load(secrets: readonly Stored[]): { made(): number; stop(): Promise<void> } {
  let over = false;
  let made = 0;
  const worker = async (): Promise<void> => {
    for (let n = 0; !over; n += 1, made += 1) await opens(secrets[n % secrets.length]!);
  };
  const working = Promise.all([worker(), worker()]);
  // Whoever stops it is told.
  working.catch(() => undefined);
  return {
    made: () => made,
    stop: async () => {
      over = true;
      await working;
    },
  };
}
const progress = (of: { made(): number }, more = 20): Promise<void> => {
  const before = of.made();
  return eventually(() => expect(of.made()).toBeGreaterThan(before + more), { deadlineMs: 20_000 });
};

const change = <A extends JsonValue>(operation: KekOperation, args: A) =>
  installation.issuer.kekChange(operation, HOME, args);
const status = () => asking.call(VERBS.keks, { assertion: installation.issuer.assertion(HOME) });
async function rewrapped() {
  const { rewrap } = await asking.call(VERBS.rewrap, change('kek.rewrap', { rowsPerSecond: 100_000 }));
  return eventually(
    async () => {
      const { lastReport } = await status();
      if (lastReport?.report.rewrap !== rewrap) throw new Error('The rewrap has not ended.');
      return lastReport.report;
    },
    { deadlineMs: 30_000 },
  );
}
const keysOf = async (org: string): Promise<string[]> => {
  const { rows } = await installation.database.query(
    'SELECT DISTINCT kek_id FROM owner_keys WHERE org_id = $1',
    [org],
  );
  return rows.map(({ kek_id }) => kek_id);
};
const readiness = async () => {
  const response = await fetch(`http://127.0.0.1:${replicas[0]?.ready['httpPort']}/health/ready`);
  return { status: response.status, text: await response.text() };
};
const disabled = {
  code: 'KEY_UNAVAILABLE',
  message: expect.stringMatching(/"aws:acme" .*disabled.* the organisation's own key/),
  details: { key: 'aws:acme', reason: 'disabled', organisation: ACME },
};

describe('a key that an organisation brings', () => {
  let theirs: Stored;
  let spare: Stored;
  let others: Stored;

  it('gets its owner keys while credentials are opened, and nobody waits for it while it is away', async () => {
    verifies('P11');
    await restart();
    theirs = await stored(ACME);
    spare = await stored(ACME);
    others = await stored(newId());
    expect(await keysOf(ACME)).toEqual(['local-1']);

    await restart(customersFile(true), 2);
    const both = load([theirs, others]);
    await asking.call(VERBS.rotateKek, change('kek.rotate', { primary: 'local-1' }));
    key.state = 'Disabled';
    const without = await rewrapped();
    const problem = expect.stringMatching(/"aws:acme".*disabled/);
    expect(without).toMatchObject({
      target: 'local-1:v2',
      organisations: [{ org: ACME, target: 'aws:acme', problem }],
      moved: 1,
      unmoved: 1,
      unmovedKeys: [{ org: ACME, kekId: 'local-1' }],
    });
    expect(await keysOf(others.grant.org!)).toEqual(['local-1:v2']);

    key.state = 'Enabled';
    const report = await rewrapped();
    const done = { org: ACME, target: 'aws:acme', problem: null };
    expect(report).toMatchObject({ organisations: [done], moved: 1, unmoved: 0, unmovedKeys: [] });
    expect(report.after).toEqual({ 'aws:acme': 1, 'local-1:v2': 1 });
    expect(await keysOf(ACME)).toEqual(['aws:acme']);
    await progress(both);
    await both.stop();
    expect((await status()).keks).toContainEqual({
      kekId: 'aws:acme',
      seals: true,
      opens: true,
      organisation: ACME,
      problem: null,
      ownerKeys: 1,
    });
  }, 90_000);

  it('is theirs to disable: a minute later nothing of theirs opens, nothing else fails, and it heals by itself', async () => {
    verifies('P11');
    const own = load([theirs]);
    const rest = load([others]);
    await progress(own);
    key.state = 'Disabled';
    // What was unwrapped before is used for its minute, and not longer.
    ahead += CACHE_MS;
    // Its calls fail by now, or are about to.
    await own.stop().catch(() => undefined);
    for (let n = 0; n < 20; n += 1) await expect(open(theirs)).rejects.toMatchObject(disabled);
    const target = targetOf({ owner: ACME });
    await expect(control.put(ACME, target, 'a value')).rejects.toMatchObject(disabled);
    // A user who had no key yet gets none under another key.
    const person = newId();
    const ofPerson = targetOf({ ownerKind: 'user', owner: person });
    await expect(control.put(ACME, ofPerson, 'a value')).rejects.toMatchObject(disabled);
    expect(await keysOf(ACME)).toEqual(['aws:acme']);
    // To be rid of something needs no key, and the log of it goes on.
    await control.delete(ACME, spare.target);
    await eventually(() =>
      expect(installation.audit.of('secret.deleted').map(({ org }) => org)).toEqual([ACME]),
    );
    await progress(rest);
    expect((await readiness()).status).toBe(200);
    expect((await status()).keks).toContainEqual(
      expect.objectContaining({ kekId: 'aws:acme', opens: false, organisation: ACME, ownerKeys: 1 }),
    );

    key.state = 'Enabled';
    await opens(theirs);
    await control.put(ACME, target, 'a value');
    await rest.stop();
  }, 60_000);

  it('holds up nobody when its service hangs, also at the start, and only degrades the vault', async () => {
    verifies('G2');
    const ofPerson = targetOf({ ...theirs.target, ownerKind: 'user', owner: newId(), slot: 'mine' });
    await control.put(ACME, ofPerson, 'a value');
    kms.server.all({ kind: 'hang' });
    await restart(customersFile(true));
    // Keys of one call are asked for at once: together they take no longer than one.
    const asked = kms.server.requests.length;
    const slots = (['organisation', 'user'] as const).map((owner, n) => ({
      slot: ['token', 'mine'][n]!,
      owner,
    }));
    const both = { ...theirs, grant: { ...theirs.grant, sub: ofPerson.owner, slots } };
    await expect(open(both)).rejects.toMatchObject({
      code: 'KEY_UNAVAILABLE',
      details: { reason: 'timeout' },
    });
    expect(kms.server.requests.length).toBe(asked + 2);
    const rest = load([others]);
    const hanging = Array.from({ length: 40 }, () => open(theirs));
    for (const result of await Promise.allSettled(hanging))
      expect(result).toMatchObject({
        status: 'rejected',
        reason: { code: 'KEY_UNAVAILABLE', details: { organisation: ACME } },
      });
    await progress(rest, 50);
    await eventually(
      async () => {
        const { status: code, text } = await readiness();
        expect(code).toBe(200);
        expect(text).toContain('1 of 1 keys of customers can not be used: aws:acme');
      },
      { deadlineMs: 20_000 },
    );
    expect((await status()).keks).toContainEqual(
      expect.objectContaining({ kekId: 'aws:acme', organisation: ACME, problem: expect.any(String) }),
    );
    kms.server.all(undefined);
    await eventually(() => opens(theirs), { deadlineMs: 30_000, intervalMs: 500 });
    await rest.stop();
  }, 90_000);

  it('opens nothing of another organisation, whoever writes the database', async () => {
    verifies('P11');
    const victim = await stored(newId());
    await installation.database.query(
      `UPDATE owner_keys v SET kek_id = a.kek_id, wrapped = a.wrapped FROM owner_keys a
       WHERE v.org_id = $1 AND a.org_id = $2 AND a.owner_kind = 'organisation'`,
      [victim.grant.org, ACME],
    );
    const before = kms.actions.length;
    await expect(open(victim)).rejects.toMatchObject({
      code: 'KEY_UNAVAILABLE',
      details: { kekId: 'aws:acme', reason: 'other_organisation' },
    });
    expect(kms.actions.length).toBe(before);
    await installation.database.query('DELETE FROM secrets WHERE org_id = $1', [victim.grant.org]);
    await installation.database.query('DELETE FROM owner_keys WHERE org_id = $1', [victim.grant.org]);
  });

  it('is left in the same way, and is then not needed any more', async () => {
    verifies('P11');
    await restart(customersFile(false), 2);
    const both = load([theirs, others]);
    const report = await rewrapped();
    expect(report).toMatchObject({ organisations: [], unmoved: 0, target: 'local-1:v2' });
    expect(await keysOf(ACME)).toEqual(['local-1:v2']);
    await progress(both);
    await both.stop();
    key.state = 'PendingDeletion';
    await restart();
    await opens(theirs);
  }, 60_000);
});

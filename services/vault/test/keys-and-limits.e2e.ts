import { newId } from '@portcullis/contracts';
import type { RunningService } from '@portcullis/platform';
import { eventually } from '@portcullis/platform/testing';
import { verifies } from '../../../tools/verifies.js';
import { ControlPart, GatewayPart, startInstallation, type Installation } from './installation.js';
import { targetOf } from './issuer.js';

let installation: Installation;
let gateway: GatewayPart;
let control: ControlPart;

beforeAll(async () => {
  installation = await startInstallation();
  gateway = new GatewayPart(installation, await installation.caller('gateway'));
  control = new ControlPart(installation, await installation.caller('control'));
}, 60_000);
afterAll(() => installation.stop(), 30_000);

/** One replica alone, for the time of the work. */
async function withReplica<T>(changes: Record<string, string>, work: () => Promise<T>): Promise<T> {
  const replica: RunningService = await installation.startReplica(changes);
  try {
    return await work();
  } finally {
    await replica.stop();
  }
}

async function stored(org = newId()) {
  const target = targetOf({ owner: org });
  await control.put(org, target, 'the value of this secret');
  return { org, target, grant: { org, srv: target.srv, dst: target.dst, sub: newId() } };
}
const open = (grant: object) => gateway.open(gateway.request(grant));

describe('primary and secondary key', () => {
  const keysOf = async (org: string): Promise<string[]> => {
    const { rows } = await installation.database.query('SELECT kek_id FROM owner_keys WHERE org_id = $1', [
      org,
    ]);
    return rows.map(({ kek_id }) => kek_id);
  };

  it('both open, only the primary seals, and without its key nothing opens', async () => {
    verifies('H3');
    const old = await withReplica({}, () => stored());
    expect(await keysOf(old.org)).toEqual(['local-1']);

    const both = { VAULT_KEK_ID: 'local-2', VAULT_SECONDARY_KEK_ID: 'local-1' };
    const fresh = await withReplica(both, async () => {
      expect(await open(old.grant)).toHaveProperty('token');
      return stored();
    });
    expect(await keysOf(fresh.org)).toEqual(['local-2']);

    await withReplica({ VAULT_KEK_ID: 'local-2' }, async () => {
      expect(await open(fresh.grant)).toHaveProperty('token');
      await expect(open(old.grant)).rejects.toMatchObject({
        code: 'KEY_UNAVAILABLE',
        details: { kekId: 'local-1' },
      });
    });
  });
});

describe('the limits of the vault itself', () => {
  const soon = { deadlineMs: 8000 };

  it('hold whatever policy grants, raise the alarm, then lock', async () => {
    verifies('B2');
    await withReplica({ VAULT_OPENS_PER_SECOND_USER: '1' }, async () => {
      const { org, grant } = await stored();
      const began = Date.now();
      const results = await Promise.allSettled(Array.from({ length: 40 }, () => open(grant)));
      const seconds = (Date.now() - began) / 1000;
      const refused = results.filter((result) => result.status === 'rejected').map(({ reason }) => reason);
      // Ten at once, and one for each second that it took.
      expect(results.length - refused.length).toBeGreaterThanOrEqual(10);
      expect(results.length - refused.length).toBeLessThanOrEqual(11 + seconds);
      expect(new Set(refused.map(({ code }) => code))).toEqual(new Set(['RATE_LIMITED']));
      expect(refused.at(-1).details).toMatchObject({ scope: 'user', locked: true });
      await eventually(() => {
        const alarms = installation.audit.of('vault.alarm').filter((fact) => fact.org === org);
        expect(alarms.map(({ data }) => data['state']).sort()).toEqual(['limited', 'locked']);
        expect(alarms[0]).toMatchObject({ target: { type: 'user', id: grant.sub } });
      }, soon);
      await expect(open(grant)).rejects.toMatchObject({ code: 'RATE_LIMITED', details: { locked: true } });
      // Nobody else is in the way.
      expect(await open({ ...grant, sub: newId() })).toHaveProperty('token');
    });
  });

  it('leave a refused grant as it was', async () => {
    await withReplica({ VAULT_OPENS_PER_SECOND_USER: '1' }, async () => {
      const { grant } = await stored();
      const spare = gateway.request(grant);
      await Promise.allSettled(Array.from({ length: 12 }, () => open(grant)));
      await expect(gateway.open(spare)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
      expect(
        await eventually(() => gateway.open(spare), { deadlineMs: 5000, intervalMs: 400 }),
      ).toHaveProperty('token');
    });
  });
});

describe('without its parts', () => {
  it('the vault says UNAVAILABLE when the database is gone, and works again when it is back', async () => {
    await withReplica({}, async () => {
      const { grant } = await stored();
      const request = gateway.request(grant);
      // Every connection is cut and none is taken: what a stopped database looks like.
      await installation.database.query('ALTER ROLE vault_app NOLOGIN');
      await installation.database.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'portcullis-vault'`,
      );
      await expect(gateway.open(request)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      await installation.database.query('ALTER ROLE vault_app LOGIN');
      expect(await eventually(() => gateway.open(request))).toHaveProperty('token');
    });
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { MAX_CHANGED_ORGANISATIONS, newId } from '@portcullis/contracts';
import { connectDatabase, migrate } from '@portcullis/platform';
import { startPostgres, type TestDatabase, type TestPostgres } from '@portcullis/platform/testing';
import type { DataSource } from 'typeorm';
import { Leases } from '../src/barrier/leases.js';
import { MIGRATIONS } from '../src/database/migrations.js';

/** The rules of the barrier where they are: in PostgreSQL, as the service's own role meets them. */
let postgres: TestPostgres;
let database: TestDatabase;
let app: DataSource;
let leases: Leases;
let replica: string;

beforeAll(async () => {
  postgres = await startPostgres();
  database = await postgres.database('control');
  await migrate({ ownerUrl: database.ownerUrl, schema: 'control', migrations: MIGRATIONS });
  app = await connectDatabase({ url: database.appUrl, schema: 'control', applicationName: 'test' });
  leases = new Leases(app);
});
afterAll(async () => {
  await app?.destroy();
  await postgres?.stop();
});
beforeEach(() => {
  replica = newId();
});

/** Positions below are counted from where the test begins. */
type Step =
  | { change: string }
  | { renew: number | null; extended: boolean; changed: string[] | null; told: number }
  | { gone: true };

async function play(steps: readonly Step[]): Promise<void> {
  const base = await leases.advance('base');
  for (const [index, step] of steps.entries()) {
    if ('change' in step) await leases.advance(step.change);
    else if ('gone' in step) await leases.release('gateway', replica);
    else {
      const acknowledged = step.renew === null ? null : base + step.renew;
      const { position, extended, changed } = await leases.renew('gateway', { replica, acknowledged });
      const got = { step: index, extended, told: position - base, changed: changed?.sort() ?? null };
      expect(got).toEqual({ step: index, extended: step.extended, told: step.told, changed: step.changed });
    }
  }
}

const renew = (
  acknowledged: number | null,
  extended: boolean,
  told: number,
  changed: string[] | null,
): Step => ({
  renew: acknowledged,
  extended,
  told,
  changed,
});

describe('a renewal', () => {
  it.each<[string, Step[]]>([
    ['of a lease that is not known makes it, and extends nothing', [renew(null, false, 0, null)]],
    ['extends when what was told is acknowledged', [renew(null, false, 0, null), renew(0, true, 0, [])]],
    [
      'names what has changed since, and extends only once that is acknowledged',
      [
        renew(null, false, 0, null),
        renew(0, true, 0, []),
        { change: 'acme' },
        renew(0, true, 1, ['acme']),
        renew(0, false, 1, ['acme']),
        renew(1, true, 1, []),
      ],
    ],
    [
      'extends although there is always something new: what counts is what was told before',
      [
        renew(null, false, 0, null),
        { change: 'a' },
        renew(0, true, 1, ['a']),
        { change: 'b' },
        renew(1, true, 2, ['b']),
        { change: 'c' },
        renew(2, true, 3, ['c']),
      ],
    ],
    [
      'names an organisation once, however often it has changed',
      [
        renew(null, false, 0, null),
        { change: 'a' },
        { change: 'b' },
        { change: 'a' },
        renew(0, true, 3, ['a', 'b']),
      ],
    ],
    [
      'of a lease that was removed extends nothing before all changes meanwhile are acknowledged',
      [
        renew(null, false, 0, null),
        renew(0, true, 0, []),
        { gone: true },
        { change: 'acme' },
        renew(0, false, 1, ['acme']),
        renew(1, true, 1, []),
      ],
    ],
    [
      'that claims to know what never was knows nothing',
      [renew(null, false, 0, null), renew(0, true, 0, []), renew(7, false, 0, null), renew(0, true, 0, [])],
    ],
    ['that forgot what it knew extends nothing', [renew(null, false, 0, null), renew(null, false, 0, null)]],
  ])('%s', async (_name, steps) => {
    await play(steps);
  });

  it('names no organisation when there are too many: all of them', async () => {
    const { position } = await leases.renew('gateway', { replica, acknowledged: null });
    const orgs = MAX_CHANGED_ORGANISATIONS + 1;
    await app.query(`SELECT count(barrier_advance('many-' || n)) FROM generate_series(1, ${orgs}) n`);
    expect((await leases.renew('gateway', { replica, acknowledged: position })).changed).toBeNull();
    const named = await leases.renew('gateway', { replica, acknowledged: position + 1 });
    expect(named.changed).toHaveLength(MAX_CHANGED_ORGANISATIONS);
  });

  it('is of the service that asks: the same id of another one is another lease', async () => {
    await leases.renew('gateway', { replica, acknowledged: null });
    await leases.renew('policy', { replica, acknowledged: null });
    await leases.release('policy', replica);
    const left = (await leases.all()).filter((lease) => lease.replica === replica);
    expect(left.map(({ service }) => service)).toEqual(['gateway']);
  });

  it('that makes a lease waits for an advance under way: neither misses the other', async () => {
    const runner = app.createQueryRunner();
    await runner.startTransaction();
    const [row] = (await runner.query(`SELECT barrier_advance('acme') AS position`)) as {
      position: string;
    }[];
    const joining = leases.renew('gateway', { replica, acknowledged: 0 });
    const first = await Promise.race([
      joining.then(() => 'joined'),
      app.query('SELECT pg_sleep(0.3)').then(() => 'not yet'),
    ]);
    expect(first).toBe('not yet');
    await runner.commitTransaction();
    await runner.release();
    expect((await joining).position).toBe(Number(row?.position));
  });
});

describe('a lease', () => {
  it('is only removed as long as it is as it was seen', async () => {
    const { position } = await leases.renew('gateway', { replica, acknowledged: null });
    const seen = (await leases.all()).find((lease) => lease.replica === replica)!;
    await leases.renew('gateway', { replica, acknowledged: position });
    expect(await leases.forget(seen)).toBe(false);
    const now = (await leases.all()).find((lease) => lease.replica === replica)!;
    expect(now).toEqual({ ...seen, extensions: seen.extensions + 1, acknowledged: position });
    expect(await leases.forget(now)).toBe(true);
    expect(await leases.forget(now)).toBe(false);
  });

  it('can not be touched around the functions', async () => {
    for (const table of ['replica_leases', 'organisation_epochs', 'barrier_position']) {
      await expect(app.query(`SELECT * FROM ${table}`)).rejects.toThrow('permission denied');
      await expect(app.query(`DELETE FROM ${table}`)).rejects.toThrow('permission denied');
    }
    const job = await connectDatabase({ url: database.jobUrl, schema: 'control', applicationName: 'test' });
    await expect(job.query(`SELECT barrier_advance('acme')`)).rejects.toThrow('permission denied');
    await job.destroy();
  });

  it('is not given to more replicas than an installation has', async () => {
    const ask = () => leases.renew('vault', { replica: newId(), acknowledged: null });
    await app.query(`SELECT count(barrier_renew('vault', 'r' || n, NULL)) FROM generate_series(1, 500) n`);
    await expect(ask()).rejects.toMatchObject({ code: 'RATE_LIMITED' });
  });
});

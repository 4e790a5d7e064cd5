import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { issueToken, newId, VerbCaller, VERBS } from '@portcullis/contracts';
import { NatsRequester } from '@portcullis/platform';
import { LocalKeyProvider } from '../dist/adapters/local.key-provider.js';
import { cpuMs } from './rows.mjs';
import { changeOf } from './statements.mjs';

/** Owner keys of many people in a hundred organisations, really wrapped, moved to a new version of the key. */
export async function rewrapRows(run, { nats, trust, database, vault: process, rootSecret }) {
  const count = run.quick ? 5_000 : 100_000;
  run.say(`vault: ${count} owner keys`);
  await database.query('DELETE FROM secrets');
  await database.query('DELETE FROM owner_keys');
  await insertOwnerKeys(database, rootSecret(), count);
  const connection = await nats.connectAs('control');
  const caller = new VerbCaller(new NatsRequester(connection), trust.keyring('control'));
  const home = newId();
  const about = { org: home, srv: null, slug: null, dst: null };
  await caller.call(
    VERBS.rotateKek,
    changeOf(trust, 'kek.rotate', { ...about, args: { primary: 'local-1' } }),
  );
  const before = process.residentMiB();
  const cpuBefore = cpuMs(process.pid);
  const args = { rowsPerSecond: 100_000 };
  const { rewrap } = await caller.call(VERBS.rewrap, changeOf(trust, 'kek.rewrap', { ...about, args }));
  const { report, peak } = await ended(caller, { rewrap, home, trust, process });
  if (report.moved !== count || report.unmoved !== 0) throw new Error(`moved ${report.moved} of ${count}`);
  await connection.close();
  const seconds = (Date.parse(report.endedAt) - Date.parse(report.startedAt)) / 1000;
  return [
    {
      metric: `rewrap of ${count} owner keys, local key`,
      value: count / seconds,
      unit: 'rows/s',
      goal: '≥ 3,000',
    },
    {
      metric: 'processor time of the vault for a row',
      value: ((cpuMs(process.pid) - cpuBefore) * 1000) / count,
      unit: 'µs',
    },
    {
      metric: 'resident memory: peak during it / before',
      value: peak,
      baseline: before,
      ratio: peak / before,
      unit: 'MiB',
    },
  ];
}

async function ended(caller, { rewrap, home, trust, process }) {
  const claims = {
    ...{ org: home, sub: newId(), act: { client: null, agent: null }, kind: 'user', scopes: ['admin'] },
    ...{ sid: newId(), amr: [], gen: 1 },
  };
  for (let peak = 0; ; await pause(200)) {
    peak = Math.max(peak, process.residentMiB());
    const assertion = issueToken(trust.keyring('control'), 'pc-principal+jwt', 'vault', claims);
    const report = (await caller.call(VERBS.keks, { assertion })).lastReport?.report;
    if (report?.rewrap === rewrap) return { report, peak };
  }
}

async function insertOwnerKeys(database, rootSecret, count) {
  const provider = new LocalKeyProvider('local-1', rootSecret, {
    of: async () => ({ oldest: 1, newest: 1 }),
  });
  const orgs = Array.from({ length: 100 }, () => newId());
  for (let from = 0; from < count; from += 1000) {
    const keys = Array.from({ length: Math.min(1000, count - from) }, (_, n) => ({
      ...{ org: orgs[n % orgs.length], ownerKind: 'user', owner: newId(), keyId: newId(), version: 1 },
    }));
    const wrapped = await Promise.all(keys.map((key) => provider.wrap(randomBytes(32), key)));
    await database.query(
      `INSERT INTO owner_keys (org_id, key_id, version, owner_kind, owner, kek_id, wrapped, created_at)
       SELECT o, k, 1, 'user', w, 'local-1', b, now() FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[]) AS r (o, k, w, b)`,
      [
        keys.map((key) => key.org),
        keys.map((key) => key.keyId),
        keys.map((key) => key.owner),
        wrapped.map(({ bytes }) => bytes),
      ],
    );
  }
  await provider.close();
}

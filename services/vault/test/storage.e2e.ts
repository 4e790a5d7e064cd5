import { createDecipheriv, hkdfSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  decodeEnvelope,
  idBytes,
  lp,
  newId,
  Secret,
  secretAad,
  sha256,
  uint64be,
  unwrapKey,
} from '@portcullis/contracts';
import { catalogueFaults } from '@portcullis/platform';
import { CATALOGUE } from '../src/storage/catalogue.js';
import { verifies } from '../../../tools/verifies.js';
import { LocalKeyProvider } from '../src/adapters/local.key-provider.js';
import { KeyVersionsInMemory } from '../src/ports/key-versions.fixture.js';
import { ControlPart, GatewayPart, startInstallation, type Installation } from './installation.js';
import { targetOf } from './issuer.js';

let installation: Installation;
let gateway: GatewayPart;
let control: ControlPart;

beforeAll(async () => {
  installation = await startInstallation();
  await installation.startReplica();
  gateway = new GatewayPart(installation, await installation.caller('gateway'));
  control = new ControlPart(installation, await installation.caller('control'));
}, 60_000);
afterAll(() => installation.stop(), 30_000);

const TABLES = ['owner_keys', 'secrets', 'used_grants', 'subject_keys', 'outbox', 'erasures'];
const OF_THE_INSTALLATION = ['key_versions', 'rewraps'];

describe('the database of the vault', () => {
  verifies('H2');

  it('keeps the storage rules in every table', async () => {
    expect(await catalogueFaults(installation.database, CATALOGUE)).toEqual([]);
    const { rows } = await installation.database.query(
      `SELECT tablename FROM pg_tables WHERE schemaname = 'vault' AND tablename <> 'schema_migrations'`,
    );
    expect(rows.map(({ tablename }) => tablename).sort()).toEqual([...TABLES, ...OF_THE_INSTALLATION].sort());
  });

  it('shows no row without an organisation, and no row of another one', async () => {
    const org = newId();
    const target = targetOf({ owner: org });
    await control.put(org, target, 'a value that is stored');
    await gateway.open(gateway.request({ org, srv: target.srv, dst: target.dst }));
    const seen = async (as: string | null, table: string): Promise<number> => {
      await installation.app.query('BEGIN');
      try {
        if (as !== null) await installation.app.query(`SELECT set_config('app.org_id', $1, true)`, [as]);
        return (await installation.app.query(`SELECT count(*)::int AS n FROM ${table}`)).rows[0].n;
      } finally {
        await installation.app.query('ROLLBACK');
      }
    };
    for (const table of ['owner_keys', 'secrets', 'used_grants']) {
      expect(await seen(null, table)).toBe(0);
      expect(await seen('', table)).toBe(0);
      expect(await seen(newId(), table)).toBe(0);
      expect(await seen(org, table)).toBeGreaterThan(0);
    }
  });

  it('takes no row of another organisation', async () => {
    const { app } = installation;
    await app.query('BEGIN');
    await app.query(`SELECT set_config('app.org_id', $1, true)`, [newId()]);
    const write = app.query(`INSERT INTO used_grants VALUES ($1, 'jti', now())`, [newId()]);
    await expect(write).rejects.toThrow(/row-level security/);
    await app.query('ROLLBACK');
  });

  it.each([
    ['forget that a grant was used', 'DELETE FROM used_grants'],
    ['let a grant last longer', `UPDATE used_grants SET jti = 'x'`],
    ['take a fact back', 'DELETE FROM outbox'],
    ['forget that something was erased', 'DELETE FROM erasures'],
    ['erase something else', `UPDATE erasures SET id = 'x'`],
    ['replace an owner key', `UPDATE owner_keys SET wrapped = ''`],
    ['switch row-level security off', 'ALTER TABLE secrets DISABLE ROW LEVEL SECURITY'],
  ])('does not let the service %s', async (_what, statement) => {
    await expect(installation.app.query(statement)).rejects.toMatchObject({ code: '42501' });
  });

  it('shows the job role neither secrets nor keys, and only used grants that are long over', async () => {
    for (const table of ['secrets', 'owner_keys', 'subject_keys']) {
      await expect(installation.job.query(`SELECT * FROM ${table}`)).rejects.toMatchObject({ code: '42501' });
    }
    const org = newId();
    await installation.database.query(
      `INSERT INTO used_grants VALUES ($1, 'old', now() - interval '11 minutes'), ($1, 'new', now() - interval '9 minutes')`,
      [org],
    );
    const seen = await installation.job.query('SELECT jti FROM used_grants');
    expect(seen.rows).toEqual([{ jti: 'old' }]);
    const { rowCount } = await installation.job.query('DELETE FROM used_grants');
    expect(rowCount).toBe(1);
    const { rows } = await installation.database.query('SELECT jti FROM used_grants WHERE org_id = $1', [
      org,
    ]);
    expect(rows).toEqual([{ jti: 'new' }]);
  });
});

interface Row {
  secret_id: string;
  owner: string;
  owner_kind: 'user' | 'organisation';
  srv: string;
  slot: string;
  dst: string;
  version: number;
  envelope: Buffer;
  key_id: string;
  key_version: number;
  kek_id: string;
  wrapped: Buffer;
}

describe('a stored credential', () => {
  const rowsOf = async (org: string): Promise<Row[]> => {
    const { rows } = await installation.database.query(
      `SELECT s.*, k.kek_id, k.wrapped FROM secrets s JOIN owner_keys k USING (org_id, key_id) WHERE s.org_id = $1 ORDER BY s.slot`,
      [org],
    );
    return rows;
  };

  const ownerKey = async (org: string, row: Row): Promise<Buffer> => {
    const rootSecret = Secret.of(readFileSync(installation.environment()['VAULT_ROOT_SECRET_FILE'] ?? ''));
    const provider = new LocalKeyProvider('local-1', rootSecret, new KeyVersionsInMemory());
    const { owner_kind: ownerKind, owner, key_id: keyId, key_version: version } = row;
    return provider.unwrap(
      { kekId: row.kek_id, bytes: row.wrapped },
      { org, ownerKind, owner, keyId, version },
    );
  };

  const dekOf = (org: string, row: Row, wrappingKey: Buffer): Buffer => {
    const { wrappedDek, com, ownerKeyId, ownerKeyVersion } = decodeEnvelope(row.envelope);
    const version = [uint64be(ownerKeyVersion), idBytes(row.secret_id), uint64be(row.version)];
    const aad = lp('portcullis/dek/v1', idBytes(org), idBytes(ownerKeyId), ...version, com);
    return unwrapKey({ wrappingKey, wrapped: wrappedDek, aad });
  };

  /** With nothing but HKDF and AES-256-GCM of node:crypto, as the format specification says. */
  const decryptByHand = (org: string, row: Row, dek: Buffer): string => {
    const aad = secretAad({
      purpose: 'credential',
      org,
      ownerKind: row.owner_kind,
      owner: row.owner,
      srv: row.srv,
      slot: row.slot,
      secretId: row.secret_id,
      recordVersion: row.version,
      dst: row.dst,
    });
    const { salt, iv, ciphertext, tag } = decodeEnvelope(row.envelope);
    const key = hkdfSync('sha256', dek, salt, Buffer.concat([Buffer.from('pc/enc/v1'), sha256(aad)]), 32);
    const decipher = createDecipheriv('aes-256-gcm', Buffer.from(key), iv);
    decipher.setAAD(aad).setAuthTag(tag);
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString('utf8');
  };

  it('has a 32-byte key of its own and AES-256-GCM with a 96-bit IV, the wrapped key beside it', async () => {
    verifies('P1', 'H3');
    const org = newId();
    const target = targetOf({ owner: org });
    for (const slot of ['one', 'two']) await control.put(org, { ...target, slot }, 'the same value twice');
    const [one, two] = (await rowsOf(org)) as [Row, Row];
    const key = await ownerKey(org, one);
    const deks = [dekOf(org, one, key), dekOf(org, two, key)];
    expect(deks.map((dek) => dek.byteLength)).toEqual([32, 32]);
    expect(deks[0]?.equals(deks[1] ?? Buffer.alloc(0))).toBe(false);
    expect(decryptByHand(org, one, deks[0] ?? key)).toBe('the same value twice');
    expect(decryptByHand(org, two, deks[1] ?? key)).toBe('the same value twice');
    const [a, b] = [decodeEnvelope(one.envelope), decodeEnvelope(two.envelope)];
    expect(a.iv.byteLength).toBe(12);
    for (const field of ['iv', 'salt', 'ciphertext', 'tag', 'com', 'wrappedDek'] as const) {
      expect(a[field].equals(b[field])).toBe(false);
    }
  });

  it('gets a new key with every write', async () => {
    verifies('P1');
    const org = newId();
    const target = targetOf({ owner: org });
    await control.put(org, target, 'the same value twice');
    const [before] = (await rowsOf(org)) as [Row];
    await control.put(org, target, 'the same value twice');
    const [after] = (await rowsOf(org)) as [Row];
    const key = await ownerKey(org, before);
    expect(dekOf(org, before, key).equals(dekOf(org, after, key))).toBe(false);
  });

  it("of a user hangs on that user's key: neither the organisation's nor another user's opens it", async () => {
    verifies('P3', 'G1');
    const org = newId();
    const users = [newId(), newId()];
    const target = targetOf({ owner: org });
    await control.put(org, { ...target, slot: 'a-workspace' }, 'token of the workspace');
    for (const owner of users)
      await control.put(org, { ...target, slot: 'b-personal', ownerKind: 'user', owner }, owner);
    const [workspace, first, second] = (await rowsOf(org)) as [Row, Row, Row];
    const keys = await Promise.all([workspace, first, second].map((row) => ownerKey(org, row)));
    expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(3);
    for (const [i, row] of [workspace, first, second].entries()) {
      for (const [j, key] of keys.entries()) {
        if (i === j)
          expect(decryptByHand(org, row, dekOf(org, row, key))).toBe(
            row.slot === 'b-personal' ? row.owner : 'token of the workspace',
          );
        else
          expect(() => dekOf(org, row, key)).toThrow(expect.objectContaining({ code: 'DECRYPTION_FAILED' }));
      }
    }
  });
});

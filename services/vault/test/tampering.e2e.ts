import { randomBytes } from 'node:crypto';
import { newId, type SecretTarget } from '@portcullis/contracts';
import { eventually } from '@portcullis/platform/testing';
import { verifies } from '../../../tools/verifies.js';
import { ControlPart, GatewayPart, startInstallation, type Installation } from './installation.js';
import { targetOf, type GrantChanges } from './issuer.js';

let installation: Installation;
let gateway: GatewayPart;
let control: ControlPart;

beforeAll(async () => {
  installation = await startInstallation();
  await installation.startReplica();
  gateway = new GatewayPart(installation, await installation.caller('gateway'));
  control = new ControlPart(installation, await installation.caller('control'));
  // Whoever can write the database past every rule of it.
  await installation.database.query('SET session_replication_role = replica');
}, 60_000);
afterAll(() => installation.stop(), 30_000);

interface Stored {
  readonly target: SecretTarget;
  readonly org: string;
  readonly secretId: string;
  readonly value: string;
  readonly grant: GrantChanges;
}

async function stored(org: string, target: SecretTarget): Promise<Stored> {
  const value = randomBytes(24).toString('hex');
  const { secretId } = await control.put(org, target, value);
  const slots = [{ slot: target.slot, owner: target.ownerKind }];
  const sub = target.ownerKind === 'user' ? target.owner : newId();
  return { target, org, secretId, value, grant: { org, sub, srv: target.srv, dst: target.dst, slots } };
}

const user = (org: string, srv: string): Promise<Stored> =>
  stored(org, targetOf({ ownerKind: 'user', owner: newId(), srv }));

const sql = (text: string, values: string[]) => installation.database.query(text, values);

/** Takes what is the victim's and puts it where the attacker's grant finds it; the attacker's own row goes away. */
const MOVES: [string, (victim: Stored, attacker: Stored) => Promise<unknown>, string?][] = [
  [
    'the ciphertext',
    (victim, attacker) =>
      sql(
        'UPDATE secrets a SET envelope = v.envelope FROM secrets v WHERE a.secret_id = $1 AND v.secret_id = $2',
        [attacker.secretId, victim.secretId],
      ),
  ],
  [
    'the ciphertext and the reference to its key',
    (victim, attacker) =>
      sql(
        `UPDATE secrets a SET (envelope, key_id, key_version) = (v.envelope, v.key_id, v.key_version)
         FROM secrets v WHERE a.secret_id = $1 AND v.secret_id = $2`,
        [attacker.secretId, victim.secretId],
      ),
    // A key is looked for in the secret's own organisation.
    'CREDENTIAL_MISSING',
  ],
  [
    'the whole row, under another owner',
    async (victim, attacker) => {
      await sql('DELETE FROM secrets WHERE secret_id = $1', [attacker.secretId]);
      await sql('UPDATE secrets SET owner = $2, srv = $3, org_id = $4 WHERE secret_id = $1', [
        victim.secretId,
        attacker.target.owner,
        attacker.target.srv,
        attacker.org,
      ]);
    },
    'CREDENTIAL_MISSING',
  ],
  [
    'the whole row and its key, under another owner',
    async (victim, attacker) => {
      await sql('DELETE FROM secrets WHERE secret_id = $1', [attacker.secretId]);
      await sql('DELETE FROM owner_keys WHERE owner = $1', [attacker.target.owner]);
      const to = [attacker.target.owner, attacker.org, victim.target.owner];
      await sql('UPDATE owner_keys SET owner = $1, org_id = $2 WHERE owner = $3', to);
      await sql('UPDATE secrets SET owner = $2, srv = $3, org_id = $4 WHERE secret_id = $1', [
        victim.secretId,
        attacker.target.owner,
        attacker.target.srv,
        attacker.org,
      ]);
    },
  ],
];

describe.each([
  ['another organisation', () => [newId(), newId()]],
  ['another user of the organisation', () => [newId()]],
])('what is moved in the database from %s', (_what, organisations) => {
  it.each(MOVES)('does not open: %s', async (_moved, move, fromElsewhere = 'DECRYPTION_FAILED') => {
    verifies('G1', 'H2');
    const [mine = '', theirs = mine] = organisations();
    const attacker = await user(mine, newId());
    const victim = await user(theirs, attacker.target.srv);
    expect(await gateway.open(gateway.request(attacker.grant))).toEqual({ token: attacker.value });
    await move(victim, attacker);
    await expect(gateway.open(gateway.request(attacker.grant))).rejects.toMatchObject({
      code: mine === theirs ? 'DECRYPTION_FAILED' : fromElsewhere,
    });
  });
});

describe('a row in which something was changed', () => {
  it.each([
    ['its destination', 'dst', 'https://evil.example.com', { dst: 'https://evil.example.com' }],
    ['its slot', 'slot', 'other', { slots: [{ slot: 'other', owner: 'user' as const }] }],
    ['its version', 'version', 2, {}],
    ['its id', 'secret_id', newId(), {}],
  ])('does not open: %s', async (_what, column, value, changes) => {
    verifies('P1', 'B2');
    const mine = await user(newId(), newId());
    await installation.database.query(`UPDATE secrets SET ${column} = $2 WHERE secret_id = $1`, [
      mine.secretId,
      value,
    ]);
    await expect(gateway.open(gateway.request({ ...mine.grant, ...changes }))).rejects.toMatchObject({
      code: 'DECRYPTION_FAILED',
    });
  });

  it('does not open with the ciphertext of an older version', async () => {
    const mine = await user(newId(), newId());
    const before = await sql('SELECT envelope FROM secrets WHERE secret_id = $1', [mine.secretId]);
    await control.put(mine.org, mine.target, 'the new one');
    expect(await gateway.open(gateway.request(mine.grant))).toEqual({ token: 'the new one' });
    await sql('UPDATE secrets SET envelope = $2 WHERE secret_id = $1', [
      mine.secretId,
      before.rows[0].envelope,
    ]);
    await expect(gateway.open(gateway.request(mine.grant))).rejects.toMatchObject({
      code: 'DECRYPTION_FAILED',
    });
  });

  it('does not open with any one byte of its ciphertext changed', async () => {
    verifies('P1');
    const mine = await user(newId(), newId());
    const { rows } = await sql('SELECT envelope FROM secrets WHERE secret_id = $1', [mine.secretId]);
    const envelope: Buffer = rows[0].envelope;
    for (let at = 0; at < envelope.byteLength; at += 17) {
      const changed = Buffer.from(envelope);
      changed[at] = (changed[at] ?? 0) ^ 0x01;
      await installation.database.query('UPDATE secrets SET envelope = $2 WHERE secret_id = $1', [
        mine.secretId,
        changed,
      ]);
      await expect(gateway.open(gateway.request(mine.grant))).rejects.toMatchObject({
        code: 'DECRYPTION_FAILED',
      });
    }
    await installation.database.query('UPDATE secrets SET envelope = $2 WHERE secret_id = $1', [
      mine.secretId,
      envelope,
    ]);
    expect(await gateway.open(gateway.request(mine.grant))).toEqual({ token: mine.value });
  });
});

describe('a database that was restored to an earlier state', () => {
  const restored = async (secretId: string, change: () => Promise<unknown>): Promise<void> => {
    const { rows } = await sql('SELECT * FROM secrets WHERE secret_id = $1', [secretId]);
    await change();
    await sql('DELETE FROM secrets WHERE secret_id = $1', [secretId]);
    const columns = Object.keys(rows[0]);
    const places = columns.map((_, index) => `$${index + 1}`);
    await installation.database.query(
      `INSERT INTO secrets (${columns.join()}) VALUES (${places.join()})`,
      Object.values(rows[0]),
    );
  };
  const recorded = (action: string, secretId: string) =>
    eventually(() => {
      const found = installation.audit.of(action).filter(({ target }) => target?.id === secretId);
      expect(found).not.toHaveLength(0);
      return found;
    });

  it('opens no version that was replaced since, says so, and takes the next one', async () => {
    verifies('P1');
    const org = newId();
    const target = targetOf({ owner: org });
    const first = await stored(org, target);
    await restored(first.secretId, async () => {
      for (let n = 0; n < 3; n += 1) await control.put(org, target, `version ${n}`);
      await recorded('secret.rotated', first.secretId);
    });
    await expect(gateway.open(gateway.request(first.grant))).rejects.toMatchObject({
      code: 'CREDENTIAL_SUSPENDED',
      details: { reason: 'restored' },
    });
    const [alarm] = await recorded('vault.alarm', first.secretId);
    expect(alarm).toMatchObject({ org, data: { state: 'restored', version: 1, later: 'rotated' } });
    expect(await control.list(org)).toMatchObject([{ version: 1, suspended: true }]);
    // After all that were ever stored, so that none of them opens as this one.
    expect(await control.put(org, target, 'the next one')).toMatchObject({ version: 5, suspended: false });
    expect(await gateway.open(gateway.request(first.grant))).toEqual({ token: 'the next one' });
  });

  it('opens none that was deleted since', async () => {
    const org = newId();
    const target = targetOf({ owner: org });
    const gone = await stored(org, target);
    await restored(gone.secretId, async () => {
      await control.delete(org, target);
      await recorded('secret.deleted', gone.secretId);
    });
    await expect(gateway.open(gateway.request(gone.grant))).rejects.toMatchObject({
      code: 'CREDENTIAL_SUSPENDED',
    });
  });

  it('opens nothing while it can not be known', async () => {
    const org = newId();
    const one = await stored(org, targetOf({ owner: org }));
    installation.audit.silentAboutRecords = true;
    try {
      await expect(gateway.open(gateway.request(one.grant))).rejects.toMatchObject({
        code: expect.stringMatching(/^(UNAVAILABLE|DEADLINE_EXCEEDED)$/),
      });
    } finally {
      installation.audit.silentAboutRecords = false;
    }
    expect(await gateway.open(gateway.request(one.grant))).toEqual({ token: one.value });
  });
});

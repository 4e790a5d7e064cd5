import { newId } from '@portcullis/contracts';
import { eventually } from '@portcullis/platform/testing';
import { verifies } from '../../../tools/verifies.js';
import { ControlPart, GatewayPart, startInstallation, type Installation } from './installation.js';
import { targetOf } from './issuer.js';
import { CredentialFiles, shippedPolicy } from './support/transit-installation.js';
import { TransitStandIn } from './support/transit-stand-in.js';

let installation: Installation;
let gateway: GatewayPart;
let control: ControlPart;
let transit: TransitStandIn;
const files = new CredentialFiles();

beforeAll(async () => {
  [installation, transit] = await Promise.all([startInstallation(), TransitStandIn.start()]);
  gateway = new GatewayPart(installation, await installation.caller('gateway'));
  control = new ControlPart(installation, await installation.caller('control'));
  transit.grant(shippedPolicy(['main']));
  transit.createKey('main');
}, 60_000);
afterAll(async () => {
  await installation.stop();
  await transit.stop();
  files.clean();
}, 30_000);

const VALUE = 'the value of this secret';
async function stored(org = newId()) {
  const target = targetOf({ owner: org });
  await control.put(org, target, VALUE);
  return { org, grant: { org, srv: target.srv, dst: target.dst, sub: newId() } };
}
const open = (grant: object) => gateway.open(gateway.request(grant));
const keysOf = async (org: string): Promise<string[]> => {
  const { rows } = await installation.database.query('SELECT kek_id FROM owner_keys WHERE org_id = $1', [
    org,
  ]);
  return rows.map(({ kek_id }) => kek_id);
};
const inTransit = () => ({
  VAULT_KEK_ID: 'vault:main',
  VAULT_TRANSIT_ADDRESS: transit.url,
  VAULT_TRANSIT_LOGIN: 'approle',
  VAULT_TRANSIT_ROLE_ID_FILE: files.write('role-id', transit.roleId),
  VAULT_TRANSIT_SECRET_ID_FILE: files.write('secret-id', transit.secretId),
});
const readiness = async (port: string | number | undefined) => {
  const response = await fetch(`http://127.0.0.1:${port}/health/ready`);
  return { status: response.status, text: await response.text() };
};

it('moves from a local key to one in HashiCorp Vault: what there is still opens, what is new lies under the new', async () => {
  verifies('G2');
  const before = await installation.startReplica();
  const old = await stored();
  await before.stop();
  expect(await keysOf(old.org)).toEqual(['local-1']);

  const during = await installation.startReplica({ ...inTransit(), VAULT_SECONDARY_KEK_ID: 'local-1' });
  expect(await open(old.grant)).toEqual({ token: VALUE });
  const fresh = await stored();
  expect(await open(fresh.grant)).toEqual({ token: VALUE });
  expect(await keysOf(fresh.org)).toEqual(['vault:main:v1']);
  const { status, text } = await readiness(during.ready.httpPort);
  expect(status).toBe(200);
  expect(text).toMatch(/primary_key.*secondary_key/s);
  await during.stop();
  // A replica that has stopped leaves no session behind.
  expect(transit.tokens.size).toBe(0);
});

it('says which key is away and why, is not ready meanwhile, and goes on when it is back', async () => {
  verifies('G2', 'P5');
  const first = await installation.startReplica(inTransit());
  const { org, grant } = await stored();
  const [token = ''] = transit.tokens.keys();
  await first.stop();

  transit.seal();
  const replica = await installation.startReplica(inTransit());
  const unavailable = {
    code: 'KEY_UNAVAILABLE',
    message: expect.stringContaining('sealed'),
    details: { key: 'vault:main', reason: 'sealed' },
  };
  await expect(open(grant)).rejects.toMatchObject(unavailable);
  const { status, text } = await readiness(replica.ready.httpPort);
  expect(status).toBe(503);
  expect(text).toContain('vault:main');
  transit.unseal();
  expect(await eventually(() => open(grant), { deadlineMs: 20_000, intervalMs: 500 })).toEqual({
    token: VALUE,
  });
  expect(await keysOf(org)).toEqual(['vault:main:v1']);
  await eventually(async () => expect((await readiness(replica.ready.httpPort)).status).toBe(200));
  await replica.stop();

  const seen = [...installation.logs, ...installation.wire.map(String)].join('\n');
  for (const secret of [token, transit.secretId, VALUE]) expect(seen).not.toContain(secret);
}, 60_000);

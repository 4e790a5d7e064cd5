import { newId } from '@portcullis/contracts';
import { eventually } from '@portcullis/platform/testing';
import { ControlPart, GatewayPart, startInstallation, type Installation } from './installation.js';
import { targetOf } from './issuer.js';

let installation: Installation;
let port: number;
let gateway: GatewayPart;
beforeAll(async () => {
  installation = await startInstallation();
  const replica = await installation.startReplica();
  port = Number(replica.ready['httpPort']);
  gateway = new GatewayPart(installation, await installation.caller('gateway'));
}, 60_000);
afterAll(async () => {
  await installation?.stop();
}, 30_000);

const ready = async () => (await fetch(`http://127.0.0.1:${port}/health/ready`)).status;

describe('a vault that can not renew its lease', () => {
  it('opens nothing, and does again when it can; the grant is not used up', async () => {
    const { leases } = installation;
    const org = newId();
    const target = targetOf({ owner: org });
    const control = new ControlPart(installation, await installation.caller('control'));
    await control.put(org, target, 'a-credential-of-some-length');
    const slots = [{ slot: target.slot, owner: target.ownerKind }];
    const request = gateway.request({ org, srv: target.srv, dst: target.dst, slots });
    leases.mode = 'silent';
    await eventually(async () => expect(await ready()).toBe(503));
    const refused = gateway.open(request);
    await expect(refused).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(refused).rejects.toThrow('lease');
    leases.forget();
    leases.mode = 'granting';
    await eventually(async () => expect(await ready()).toBe(200));
    expect(await gateway.open(request)).toEqual({ token: 'a-credential-of-some-length' });
  });

  it('acknowledges changes', async () => {
    const { leases } = installation;
    for (const hint of [true, false]) {
      const position = leases.change([newId()], { hint });
      await eventually(() => expect(leases.acknowledged).toBe(position));
    }
    expect(leases.renewals.every(({ by }) => by === 'vault')).toBe(true);
  });
});

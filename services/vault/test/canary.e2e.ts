import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { newId, VERBS } from '@portcullis/contracts';
import { eventually } from '@portcullis/platform/testing';
import { verifies } from '../../../tools/verifies.js';
import { ControlPart, GatewayPart, startInstallation, type Installation } from './installation.js';
import { targetOf } from './issuer.js';

let installation: Installation;
beforeAll(async () => {
  installation = await startInstallation();
  await installation.startReplica();
}, 60_000);
afterAll(() => installation.stop(), 30_000);

/** As it would lie there: plain, hex, and base64 at each alignment. */
function formsOf(secret: string): Buffer[] {
  const bytes = Buffer.from(secret);
  const base64 = [0, 1, 2].flatMap((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes]);
    return (['base64', 'base64url'] as const).map((form) => text.toString(form).slice(4, -4));
  });
  return [secret, bytes.toString('hex'), bytes.toString('hex').toUpperCase(), ...base64].map((form) =>
    Buffer.from(form),
  );
}

function* filesBelow(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (entry.isFile() && statSync(path).size > 0) yield path;
  }
}

describe('a credential in clear', () => {
  it('is nowhere on the wire, on disk, or in a log, whatever was done with it', async () => {
    verifies('P5', 'B3');
    const gateway = new GatewayPart(installation, await installation.caller('gateway'));
    const control = new ControlPart(installation, await installation.caller('control'));
    const canaries = ['first', 'second'].map(
      (name) => `canary-${name}-${randomBytes(24).toString('base64url')}-tail`,
    );
    const [first = '', second = ''] = canaries;
    const org = newId();
    const target = targetOf({ owner: org, dst: 'https://marker-of-this-search.example.com' });
    const grant = { org, srv: target.srv, dst: target.dst };

    await control.put(org, target, first);
    expect(await gateway.open(gateway.request(grant))).toEqual({ token: first });
    await control.put(org, target, second);
    expect(await gateway.open(gateway.request(grant))).toEqual({ token: second });
    await control.list(org);
    // The ways in which it fails must not show it either.
    const { issuer } = installation;
    const misplaced = { target, sealed: issuer.sealedPut(org, { ...target, slot: 'x' }, first).sealed };
    await expect(
      control.caller.call(VERBS.putSecret, issuer.change('secret.put', org, misplaced)),
    ).rejects.toMatchObject({ code: 'DECRYPTION_FAILED' });
    await expect(gateway.open(gateway.request({ ...grant, dst: 'https://x.example' }))).rejects.toThrow();
    await installation.database.query('UPDATE secrets SET version = 9 WHERE org_id = $1', [org]);
    await expect(gateway.open(gateway.request(grant))).rejects.toMatchObject({ code: 'DECRYPTION_FAILED' });
    await installation.database.query('UPDATE secrets SET version = 2 WHERE org_id = $1', [org]);
    await eventually(() => expect(installation.audit.of('secret.rotated')).toHaveLength(1), {
      deadlineMs: 8000,
    });
    await installation.database.query('CHECKPOINT');

    const wire = Buffer.concat(installation.wire);
    const disk = [...filesBelow(await installation.clusterFolder())].map((path) => ({
      path,
      bytes: readFileSync(path),
    }));
    const logs = Buffer.from(installation.logs.join('\n'));
    // The search finds what is there: otherwise finding nothing would mean nothing.
    expect(wire.includes(`${VERBS.open.subject}\n`) && wire.includes(`${VERBS.putSecret.subject}\n`)).toBe(
      true,
    );
    expect(disk.some(({ bytes }) => bytes.includes('marker-of-this-search'))).toBe(true);
    expect(logs.includes('DECRYPTION_FAILED')).toBe(true);
    for (const form of canaries.flatMap(formsOf)) {
      expect(wire.includes(form)).toBe(false);
      expect(logs.includes(form)).toBe(false);
      expect(disk.filter(({ bytes }) => bytes.includes(form)).map(({ path }) => path)).toEqual([]);
    }
  }, 60_000);
});

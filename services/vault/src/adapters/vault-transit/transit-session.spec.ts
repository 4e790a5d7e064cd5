import { randomBytes } from 'node:crypto';
import { jest } from '@jest/globals';
import { eventually } from '@portcullis/platform/testing';
import { verifies } from '../../../../../tools/verifies.js';
import {
  CredentialFiles,
  shippedPolicy,
  standInTransit,
} from '../../../test/support/transit-installation.js';
import type { TransitStandIn } from '../../../test/support/transit-stand-in.js';
import { ownerKeyContext } from '../../ports/key-provider.contract.js';
import { VaultTransitKeyProvider, type TransitKey } from '../vault-transit.key-provider.js';

const files = new CredentialFiles();
afterAll(() => files.clean());

describe('the session at the transit engine', () => {
  let standIn: TransitStandIn;
  let keyOf: (reference: string, changes?: Partial<TransitKey>) => TransitKey;
  const open: VaultTransitKeyProvider[] = [];
  const provider = async (changes: Partial<TransitKey> = {}) => {
    const made = await VaultTransitKeyProvider.create(keyOf('vault:kek-a', changes));
    open.push(made);
    return made;
  };
  const where = ownerKeyContext();
  const key = randomBytes(32);
  const denied = { code: 'KEY_UNAVAILABLE', details: { reason: 'denied' } };

  beforeEach(async () => {
    ({ standIn, keyOf } = await standInTransit(files));
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((made) => made.close()));
    await standIn.stop();
  });

  it('begins with one login, however many calls wait for it', async () => {
    const vault = await provider();
    await Promise.all(Array.from({ length: 30 }, () => vault.wrap(key, where)));
    expect(standIn.logins).toBe(1);
  });

  it('is by the token of the pod in Kubernetes', async () => {
    const jwtFile = files.write('jwt', standIn.jwt);
    const login = { method: 'kubernetes', mount: 'kubernetes', role: 'portcullis', jwtFile } as const;
    expect(await (await provider({ login })).wrap(key, where)).toHaveProperty('kekId', 'vault:kek-a:v1');
    files.write('jwt', 'of somebody else');
    await expect((await provider({ login })).wrap(key, where)).rejects.toMatchObject(denied);
  });

  it('is by a token from a file, which is read again when the token has ended', async () => {
    const tokenFile = files.write('token', `${standIn.issueToken()}\n`);
    const vault = await provider({ login: { method: 'token', tokenFile } });
    await vault.wrap(key, where);
    standIn.revokeAll();
    await expect(vault.wrap(key, where)).rejects.toMatchObject(denied);
    files.write('token', standIn.issueToken());
    expect(await vault.wrap(key, where)).toHaveProperty('kekId', 'vault:kek-a:v1');
    expect(standIn.logins).toBe(0);
  });

  it('begins anew within the call when its token has ended or was revoked', async () => {
    verifies('G2');
    const vault = await provider();
    const wrapped = await vault.wrap(key, where);
    standIn.revokeAll();
    const calls = Array.from({ length: 10 }, () => vault.unwrap(wrapped, where));
    for (const opened of await Promise.all(calls)) expect(opened.equals(key)).toBe(true);
    expect(standIn.logins).toBe(2);
  });

  it('does not begin anew with every call that its policy forbids', async () => {
    standIn.grant(shippedPolicy(['kek-a']).replace('transit/decrypt/kek-a', 'transit/decrypt/other'));
    const vault = await provider();
    const wrapped = await vault.wrap(key, where);
    for (let n = 0; n < 5; n += 1) await expect(vault.unwrap(wrapped, where)).rejects.toMatchObject(denied);
    expect(standIn.logins).toBe(1);
  });

  it('takes the new secret id when the old one was replaced', async () => {
    const vault = await provider();
    await vault.wrap(key, where);
    standIn.secretId = 'the next';
    standIn.revokeAll();
    await expect(vault.wrap(key, where)).rejects.toMatchObject(denied);
    files.write('secret-id', 'the next');
    expect(await vault.wrap(key, where)).toHaveProperty('kekId', 'vault:kek-a:v1');
  });

  it.each([
    ['is not there', () => '/nowhere/secret-id'],
    ['is empty', () => files.write('empty', '\n')],
  ])('is refused, not tried, when a credential file %s', async (_what, path) => {
    const { login } = keyOf('vault:kek-a');
    if (login.method !== 'approle') throw new Error('another login');
    const vault = await provider({ login: { ...login, secretIdFile: path() } });
    await expect(vault.wrap(key, where)).rejects.toMatchObject(denied);
    expect(standIn.server.requests).toEqual([]);
  });

  it('is renewed before its token ends, and begun anew when renewing no longer prolongs it', async () => {
    standIn.tokenTtl = 3;
    const vault = await provider();
    await vault.primary();
    await eventually(() => expect(standIn.renewals).toBeGreaterThanOrEqual(1));
    standIn.renewedTtl = 1;
    await eventually(() => expect(standIn.logins).toBeGreaterThanOrEqual(2));
  });

  it('is begun anew before its token ends when that can not be renewed', async () => {
    Object.assign(standIn, { tokenTtl: 2, renewable: false });
    const vault = await provider();
    await vault.primary();
    await eventually(() => expect(standIn.logins).toBeGreaterThanOrEqual(2));
    expect(standIn.renewals).toBe(0);
  });

  it('ends with the provider: the token of a login is revoked, one that was handed over is not', async () => {
    const vault = await provider();
    await vault.wrap(key, where);
    expect(standIn.tokens.size).toBe(1);
    await vault.close();
    expect(standIn.tokens.size).toBe(0);
    const tokenFile = files.write('kept-token', standIn.issueToken());
    const other = await provider({ login: { method: 'token', tokenFile } });
    await other.wrap(key, where);
    await other.close();
    expect(standIn.tokens.size).toBe(1);
  });
});

describe('nothing of the environment', () => {
  const before = { ...process.env };
  let standIn: TransitStandIn;
  afterEach(async () => {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    await standIn.stop();
  });

  it('that people set for their shells changes the server, the token, the namespace, the path or TLS', async () => {
    const started = await standInTransit(files);
    standIn = started.standIn;
    Object.assign(process.env, {
      VAULT_ADDR: 'http://127.0.0.1:9',
      VAULT_TOKEN: 'hvs.of-a-person',
      VAULT_NAMESPACE: 'elsewhere',
      VAULT_PREFIX: '/elsewhere',
      VAULT_SKIP_VERIFY: 'true',
      http_proxy: 'http://127.0.0.1:9',
      HTTP_PROXY: 'http://127.0.0.1:9',
    });
    const vault = await started.under.create('vault:kek-a');
    expect(await vault.primary()).toBe('vault:kek-a:v1');
    await vault.close();
  });

  it('makes the client print what it sends, nor does an error hold any of it', async () => {
    verifies('P5');
    const started = await standInTransit(files);
    standIn = started.standIn;
    const printed: string[] = [];
    const stderr = jest.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
      printed.push(String(chunk));
      return true;
    });
    const { default: debug } = await import('debug');
    debug.enable('*');
    const vault = await started.under.create('vault:kek-a');
    const key = randomBytes(32);
    const wrapped = await vault.wrap(key, ownerKeyContext());
    const [token = ''] = standIn.tokens.keys();
    // A proxy in between that repeats what it was sent, as debugging ones do.
    const errors = [`no: ${key.toString('base64')} ${token} ${standIn.secretId}`];
    standIn.server.all({ kind: 'answer', status: 400, body: { errors } });
    const thrown = await Promise.allSettled([
      vault.wrap(key, ownerKeyContext()),
      vault.unwrap(wrapped, ownerKeyContext()),
    ]);
    await vault.close();
    debug.disable();
    stderr.mockRestore();
    const shown = [...printed, ...thrown.map((one) => deeply((one as PromiseRejectedResult).reason))].join(
      '\n',
    );
    expect(thrown.every(({ status }) => status === 'rejected')).toBe(true);
    for (const secret of [key.toString('base64'), token, standIn.secretId])
      expect(shown).not.toContain(secret);
  });
});

/** Everything that a logger could reach from an error. */
function deeply(error: unknown, seen = new Set<unknown>()): string {
  if (typeof error !== 'object' || error === null) return String(error);
  if (seen.has(error)) return '';
  seen.add(error);
  const names = Object.getOwnPropertyNames(error);
  return names.map((name) => deeply((error as Record<string, unknown>)[name], seen)).join(' ');
}

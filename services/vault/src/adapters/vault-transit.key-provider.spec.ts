import { randomBytes } from 'node:crypto';
import { eventually } from '@portcullis/platform/testing';
import { verifies } from '../../../../tools/verifies.js';
import { selfSigned } from '../../test/support/self-signed.js';
import {
  CredentialFiles,
  realTransit,
  shippedPolicy,
  standInTransit,
} from '../../test/support/transit-installation.js';
import { TransitStandIn } from '../../test/support/transit-stand-in.js';
import { keyProviderContract, ownerKeyContext } from '../ports/key-provider.contract.js';
import { REMOTE_LIMITS } from '../remote-calls/remote-calls.js';
import { VaultTransitKeyProvider, type TransitKey } from './vault-transit.key-provider.js';

const files = new CredentialFiles();
const cleaning: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const clean of cleaning) await clean();
  files.clean();
}, 30_000);

const realAddress = process.env['PORTCULLIS_TEST_VAULT_ADDR'];

describe(realAddress === undefined ? 'stand-in of the transit engine' : 'real transit engine', () => {
  verifies('G2');
  keyProviderContract('vault-transit', async () => {
    if (realAddress === undefined) {
      const { standIn, under } = await standInTransit(files);
      cleaning.push(() => standIn.stop());
      return under;
    }
    const { under, clean } = await realTransit(realAddress, files);
    cleaning.push(clean);
    return under;
  });
});

describe('transit key provider', () => {
  let standIn: TransitStandIn;
  let keyOf: (reference: string, changes?: Partial<TransitKey>) => TransitKey;
  const open: VaultTransitKeyProvider[] = [];
  const provider = async (changes: Partial<TransitKey> = {}, reference = 'vault:kek-a') => {
    const made = await VaultTransitKeyProvider.create(keyOf(reference, changes));
    open.push(made);
    return made;
  };
  const where = ownerKeyContext();
  const key = randomBytes(32);
  const unavailable = (reason: string) => ({ code: 'KEY_UNAVAILABLE', details: { reason } });
  const once = { ...REMOTE_LIMITS, attempts: 1 };

  beforeEach(async () => {
    ({ standIn, keyOf } = await standInTransit(files));
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((made) => made.close()));
    await standIn.stop();
  });

  it('rewraps in the engine: neither of the two calls of a rotation shows the owner key', async () => {
    verifies('P2');
    const vault = await provider();
    const wrapped = await vault.wrap(key, where);
    standIn.key('kek-a').rotate();
    const before = standIn.server.requests.length;
    const fresh = await vault.rewrap(wrapped, where);
    expect(fresh.kekId).toBe('vault:kek-a:v2');
    expect(standIn.server.requests.slice(before)).toEqual(['POST /v1/transit/rewrap/kek-a']);
  });

  it('says which versions still open, and does not open one that was retired', async () => {
    const vault = await provider();
    const wrapped = await vault.wrap(key, where);
    standIn.key('kek-a').rotate();
    standIn.key('kek-a').minDecryptionVersion = 2;
    expect(await vault.describe()).toEqual([
      { kekId: 'vault:kek-a:v1', seals: false, opens: false },
      { kekId: 'vault:kek-a:v2', seals: true, opens: true },
    ]);
    await expect(vault.unwrap(wrapped, where)).rejects.toMatchObject(unavailable('retired'));
    await expect(vault.rewrap(wrapped, where)).rejects.toMatchObject(unavailable('retired'));
  });

  it.each([
    ['not derived, so that it ignores the context', { derived: false }],
    ['convergent', { convergent: true }],
    ['of another type', { type: 'rsa-2048' }],
  ])('refuses a key that is %s', async (_what, options) => {
    standIn.createKey('kek-a', options);
    const vault = await provider();
    await expect(vault.wrap(key, where)).rejects.toMatchObject(unavailable('unsuitable'));
    const wrapped = { kekId: 'vault:kek-a:v1', bytes: randomBytes(60) };
    await expect(vault.unwrap(wrapped, where)).rejects.toMatchObject(unavailable('unsuitable'));
    expect(standIn.server.requests).not.toContain('POST /v1/transit/encrypt/kek-a');
  });

  it.each([
    ['missing', () => void standIn.keys.delete('kek-a')],
    ['disabled', () => standIn.key('kek-a').softDelete()],
    ['denied', () => standIn.grant(shippedPolicy(['kek-b']))],
    ['sealed', () => standIn.seal()],
    ['throttled', () => standIn.server.all(answer(429, 'request path "transit": rate limit quota exceeded'))],
    ['failing', () => standIn.server.all(answer(500, 'internal error'))],
    ['failing', () => standIn.server.all({ kind: 'answer', status: 503, body: '<html>no backend</html>' })],
    ['standby', () => standIn.server.all(answer(473, ''))],
    ['garbled', () => standIn.server.all({ kind: 'answer', status: 200, body: { data: {} } })],
    ['garbled', () => standIn.server.all({ kind: 'answer', status: 200, body: ' '.repeat(100_000) })],
    ['unreachable', () => standIn.server.all({ kind: 'reset' })],
  ])('says KEY_UNAVAILABLE, %s', async (reason, happen) => {
    happen();
    const vault = await provider({ limits: once });
    await expect(vault.wrap(key, where)).rejects.toMatchObject(unavailable(reason));
    await expect(vault.check()).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' });
  });

  it('ends by its deadline when the server hangs', async () => {
    const vault = await provider({ limits: { ...REMOTE_LIMITS, deadlineMs: 100 } });
    standIn.server.all({ kind: 'hang' });
    await expect(vault.wrap(key, where)).rejects.toMatchObject(unavailable('timeout'));
    await expect(vault.describe()).rejects.toMatchObject(unavailable('timeout'));
  });

  it('leaves the server alone after some failures, and comes back to it', async () => {
    const vault = await provider({ limits: { ...once, circuit: { failures: 2, probeAfterMs: 300 } } });
    standIn.server.all({ kind: 'reset' });
    for (const reason of ['unreachable', 'unreachable', 'circuit_open'])
      await expect(vault.wrap(key, where)).rejects.toMatchObject(unavailable(reason));
    expect(standIn.server.requests).toHaveLength(2);
    standIn.server.all(undefined);
    expect(await eventually(() => vault.wrap(key, where))).toHaveProperty('kekId', 'vault:kek-a:v1');
  });

  it('gets over a passing trouble by asking again', async () => {
    const vault = await provider();
    const wrapped = await vault.wrap(key, where);
    standIn.trouble({ kind: 'reset' }, answer(503, 'Vault is sealed'));
    expect((await vault.unwrap(wrapped, where)).equals(key)).toBe(true);
  });

  it('follows no redirect: it would carry the token along', async () => {
    const other = await TransitStandIn.start();
    try {
      const vault = await provider({ limits: once });
      await vault.wrap(key, where);
      const headers = { location: `${other.url}/v1/transit/encrypt/kek-a` };
      standIn.server.all({ kind: 'answer', status: 307, body: '', headers });
      await expect(vault.wrap(key, where)).rejects.toMatchObject(unavailable('standby'));
      expect(other.server.requests).toEqual([]);
    } finally {
      await other.stop();
    }
  });

  it('speaks TLS to a server of the authority that is configured, and to no other', async () => {
    const tls = selfSigned('localhost');
    const secure = await TransitStandIn.start({ tls });
    try {
      secure.grant(shippedPolicy(['kek-a']));
      secure.createKey('kek-a');
      const tokenFile = files.write('tls-token', secure.issueToken());
      const login = { method: 'token', tokenFile } as const;
      const server = { address: secure.url, namespace: null, ca: tls.cert };
      expect(await (await provider({ server, login })).primary()).toBe('vault:kek-a:v1');
      for (const ca of [null, selfSigned('localhost').cert]) {
        const vault = await provider({ server: { ...server, ca }, login, limits: once });
        await expect(vault.primary()).rejects.toMatchObject(unavailable('unreachable'));
      }
    } finally {
      await secure.stop();
    }
  });

  it('uses a namespace where there is one', async () => {
    const spaced = await TransitStandIn.start({ namespace: 'team/eu' });
    try {
      spaced.grant(shippedPolicy(['kek-a']));
      spaced.createKey('kek-a');
      const login = {
        method: 'token',
        tokenFile: files.write('namespace-token', spaced.issueToken()),
      } as const;
      const server = { address: spaced.url, namespace: 'team/eu', ca: null };
      expect(await (await provider({ server, login })).primary()).toBe('vault:kek-a:v1');
      const outside = await provider({ server: { ...server, namespace: null }, login });
      await expect(outside.primary()).rejects.toMatchObject(unavailable('missing'));
    } finally {
      await spaced.stop();
    }
  });
});

const answer = (status: number, error: string) =>
  ({ kind: 'answer', status, body: { errors: [error] } }) as const;

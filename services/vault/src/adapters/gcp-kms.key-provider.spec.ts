import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { jest } from '@jest/globals';
import { eventually } from '@portcullis/platform/testing';
import { verifies } from '../../../../tools/verifies.js';
import { realGcp, shippedPermissions, standInGcp } from '../../test/support/gcp-installation.js';
import { CODE } from '../../test/support/gcp-keys.js';
import type { GcpStandIn } from '../../test/support/gcp-stand-in.js';
import { selfSigned } from '../../test/support/self-signed.js';
import { CredentialFiles } from '../../test/support/transit-installation.js';
import { keyProviderContract, ownerKeyContext } from '../ports/key-provider.contract.js';
import { REMOTE_LIMITS } from '../remote-calls/remote-calls.js';
import { GcpKmsKeyProvider, type GcpKmsKey } from './gcp-kms.key-provider.js';

const files = new CredentialFiles();
const cleaning: (() => void)[] = [];
afterAll(() => {
  for (const clean of cleaning) clean();
  files.clean();
});

const realKey = process.env['PORTCULLIS_TEST_GCP_KEY_A'];

describe(realKey === undefined ? 'stand-in of Cloud KMS' : 'Cloud KMS', () => {
  verifies('G2');
  keyProviderContract('gcp-kms', async () => {
    if (realKey !== undefined) return realGcp(realKey);
    const { standIn, under } = await standInGcp(files);
    cleaning.push(() => standIn.stop());
    return under;
  });
});

describe('Cloud KMS key provider', () => {
  let standIn: GcpStandIn;
  let keyOf: (reference: string, changes?: Partial<GcpKmsKey>) => GcpKmsKey;
  const open: GcpKmsKeyProvider[] = [];
  const provider = (changes: Partial<GcpKmsKey> = {}) => {
    const made = new GcpKmsKeyProvider(keyOf('gcp:kek-a', changes));
    open.push(made);
    return made;
  };
  const where = ownerKeyContext();
  const key = randomBytes(32);
  const keyA = () => standIn.keys.get(keyOf('gcp:kek-a').keyName);
  const unavailable = (reason: string) => ({ code: 'KEY_UNAVAILABLE', details: { reason } });
  const once = { ...REMOTE_LIMITS, attempts: 1 };

  beforeEach(async () => {
    ({ standIn, keyOf } = await standInGcp(files));
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((made) => made.close()));
    standIn.stop();
  });

  it('wipes the owner key that it rewraps, also when wrapping fails', async () => {
    const kms = provider();
    const wrapped = await kms.wrap(randomBytes(32), where);
    const seen: Buffer[] = [];
    const unwrap = kms.unwrap.bind(kms);
    kms.unwrap = async (...args) => {
      const opened = await unwrap(...args);
      seen.push(opened);
      return opened;
    };
    await kms.rewrap(wrapped, where);
    kms.wrap = () => Promise.reject(new Error('not now'));
    await expect(kms.rewrap(wrapped, where)).rejects.toThrow('not now');
    expect(seen).toHaveLength(2);
    for (const opened of seen) expect(opened.every((byte) => byte === 0)).toBe(true);
  });

  it('asks which version seals once in a while, not with every key', async () => {
    const kms = provider();
    for (let n = 0; n < 5; n += 1) await kms.wrap(key, where);
    expect(standIn.calls.filter((call) => call === 'get')).toHaveLength(1);
  });

  it('seals with the version that is primary now when the one it knew has been disabled', async () => {
    const kms = provider();
    expect((await kms.wrap(key, where)).kekId).toBe('gcp:kek-a:v1');
    keyA()?.addVersion();
    Object.assign(keyA()?.versions[0] ?? {}, { state: 'DISABLED' });
    expect((await kms.wrap(key, where)).kekId).toBe('gcp:kek-a:v2');
  });

  it.each(['DISABLED', 'DESTROY_SCHEDULED', 'DESTROYED'])(
    'says KEY_UNAVAILABLE, disabled, of a version that is %s, and describes it so',
    async (state) => {
      const kms = provider();
      const wrapped = await kms.wrap(key, where);
      keyA()?.addVersion();
      Object.assign(keyA()?.versions[0] ?? {}, { state });
      for (const use of [kms.unwrap(wrapped, where), kms.rewrap(wrapped, where)])
        await expect(use).rejects.toMatchObject(unavailable('disabled'));
      expect(await kms.describe()).toEqual([
        { kekId: 'gcp:kek-a:v1', seals: false, opens: false },
        { kekId: 'gcp:kek-a:v2', seals: true, opens: true },
      ]);
    },
  );

  it('opens while no version seals, and says that none does', async () => {
    const kms = provider();
    const wrapped = await kms.wrap(key, where);
    Object.assign(keyA() ?? {}, { primary: 0 });
    expect((await kms.unwrap(wrapped, where)).equals(key)).toBe(true);
    expect(await kms.describe()).toEqual([{ kekId: 'gcp:kek-a:v1', seals: false, opens: true }]);
    await expect(kms.primary()).rejects.toMatchObject(unavailable('disabled'));
  });

  it.each([
    ['missing', () => standIn.keys.clear()],
    ['unsuitable', () => void Object.assign(keyA() ?? {}, { purpose: 'ASYMMETRIC_SIGN' })],
    ['denied', () => void (standIn.permitted = [])],
    ['denied', () => standIn.all({ code: CODE.unauthenticated })],
    ['throttled', () => standIn.all({ code: CODE.resourceExhausted })],
    ['failing', () => standIn.all({ code: CODE.internal })],
    ['unreachable', () => standIn.all({ code: CODE.unavailable })],
    ['unreachable', () => standIn.stop()],
  ])('says KEY_UNAVAILABLE, %s', async (reason, happen) => {
    const kms = provider({ limits: once });
    happen();
    await expect(kms.wrap(key, where)).rejects.toMatchObject(unavailable(reason));
    await expect(kms.describe()).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' });
  });

  it('ends by its deadline when the service hangs', async () => {
    const kms = provider({ limits: { ...REMOTE_LIMITS, deadlineMs: 100 } });
    standIn.all('hang');
    await expect(kms.wrap(key, where)).rejects.toMatchObject(unavailable('timeout'));
  });

  it('leaves the service alone after some failures, and comes back to it', async () => {
    const kms = provider({ limits: { ...once, circuit: { failures: 2, probeAfterMs: 300 } } });
    standIn.all({ code: CODE.unavailable });
    for (const reason of ['unreachable', 'unreachable', 'circuit_open'])
      await expect(kms.wrap(key, where)).rejects.toMatchObject(unavailable(reason));
    expect(standIn.calls).toHaveLength(2);
    standIn.all(undefined);
    expect(await eventually(() => kms.wrap(key, where))).toHaveProperty('kekId', 'gcp:kek-a:v1');
  });

  it('gets over a passing trouble by asking again, itself and not the client', async () => {
    const kms = provider();
    const wrapped = await kms.wrap(key, where);
    const before = standIn.calls.length;
    standIn.next({ code: CODE.unavailable }, { code: CODE.resourceExhausted });
    expect((await kms.unwrap(wrapped, where)).equals(key)).toBe(true);
    expect(standIn.calls).toHaveLength(before + 3);
    standIn.all({ code: CODE.unavailable });
    await expect(provider({ limits: once }).wrap(key, where)).rejects.toMatchObject(
      unavailable('unreachable'),
    );
    expect(standIn.calls).toHaveLength(before + 4);
  });

  const spoiled = (changes: object) => ({ spoil: (answer: object) => ({ ...answer, ...changes }) });
  it.each([
    ['whose ciphertext has changed on the way', { ciphertext: randomBytes(62) }],
    ['that did not verify the plaintext', { verifiedPlaintextCrc32c: false }],
    ['that did not verify the context', { verifiedAdditionalAuthenticatedDataCrc32c: false }],
    ['that was made with another version', { name: 'projects/x/cryptoKeyVersions/1' }],
    ['without a checksum', { ciphertextCrc32c: null }],
  ])('takes no answer %s', async (_what, changes) => {
    const kms = provider({ limits: once });
    await kms.wrap(key, where);
    standIn.next(spoiled(changes));
    await expect(kms.wrap(key, where)).rejects.toMatchObject(unavailable('garbled'));
  });

  it('takes no opened key that has changed on the way', async () => {
    const kms = provider({ limits: once });
    const wrapped = await kms.wrap(key, where);
    for (const changes of [
      { plaintext: randomBytes(32) },
      { plaintextCrc32c: null },
      { plaintext: Buffer.alloc(0) },
    ]) {
      standIn.next(spoiled(changes));
      await expect(kms.unwrap(wrapped, where)).rejects.toMatchObject(unavailable('garbled'));
    }
  });

  it('needs each of the permissions that are shipped, and no other', async () => {
    const kms = provider();
    const wrapped = await kms.wrap(key, where);
    const uses: Record<string, () => Promise<unknown>> = {
      'cloudkms.cryptoKeyVersions.useToEncrypt': () => kms.wrap(key, where),
      'cloudkms.cryptoKeyVersions.useToDecrypt': () => kms.unwrap(wrapped, where),
      'cloudkms.cryptoKeys.get': () => kms.primary(),
      'cloudkms.cryptoKeyVersions.list': () => kms.describe(),
    };
    expect(Object.keys(uses).sort()).toEqual(shippedPermissions().sort());
    for (const [permission, use] of Object.entries(uses)) {
      standIn.permitted = shippedPermissions();
      await use();
      standIn.permitted = shippedPermissions().filter((it) => it !== permission);
      await expect(use()).rejects.toMatchObject(unavailable('denied'));
    }
  });

  it('speaks to an endpoint of the authority that is configured, and to no other', async () => {
    const { access } = keyOf('gcp:kek-a');
    for (const ca of [null, selfSigned('localhost').cert]) {
      const kms = provider({ access: { ...access, ca }, limits: once });
      await expect(kms.wrap(key, where)).rejects.toMatchObject(unavailable('unreachable'));
    }
    expect(standIn.calls).toEqual([]);
  });

  it.each([
    ['empty', ''],
    ['of a person', JSON.stringify({ type: 'authorized_user', client_id: 'a', refresh_token: 'b' })],
  ])('takes no credentials file that is %s, and begins anew when it is replaced', async (_what, content) => {
    const { access } = keyOf('gcp:kek-a');
    const credentialsFile = files.write('later.json', content);
    const kms = provider({ access: { ...access, credentialsFile } });
    await expect(kms.wrap(key, where)).rejects.toMatchObject(unavailable('denied'));
    expect(standIn.calls).toEqual([]);
    files.write('later.json', standIn.credentials);
    expect(await kms.wrap(key, where)).toHaveProperty('kekId', 'gcp:kek-a:v1');
  });

  it('runs no program that a credentials file names', async () => {
    const ran = files.write('ran', 'no');
    const command = `/bin/cp ${files.write('yes', 'yes')} ${ran}`;
    const content = {
      type: 'external_account',
      audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/p',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: 'https://sts.googleapis.com/v1/token',
      credential_source: { executable: { command, timeout_millis: 5000 } },
    };
    const { access } = keyOf('gcp:kek-a');
    const credentialsFile = files.write('program.json', JSON.stringify(content));
    process.env['GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES'] = '1';
    const kms = provider({ access: { ...access, credentialsFile } });
    await expect(kms.wrap(key, where)).rejects.toMatchObject(unavailable('denied'));
    delete process.env['GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES'];
    expect(readFileSync(ran, 'utf8')).toBe('no');
  });

  it('reads its credentials anew when they are not accepted any more', async () => {
    const { access } = keyOf('gcp:kek-a');
    const credentialsFile = files.write('replaced.json', standIn.credentials);
    const kms = provider({ access: { ...access, credentialsFile } });
    await kms.wrap(key, where);
    standIn.replaceAccountKey();
    await expect(kms.wrap(key, where)).rejects.toMatchObject(unavailable('denied'));
    files.write('replaced.json', standIn.credentials);
    expect(await eventually(() => kms.wrap(key, where))).toHaveProperty('kekId', 'gcp:kek-a:v1');
  });

  it('shows nothing of what the service says, nor prints what it sends', async () => {
    verifies('P5');
    const printed: string[] = [];
    const take = (chunk: unknown) => printed.push(String(chunk)) > 0;
    const spies = [process.stderr, process.stdout].map((stream) =>
      jest.spyOn(stream, 'write').mockImplementation(take as never),
    );
    const kms = provider({ limits: once });
    process.env['GOOGLE_SDK_NODE_LOGGING'] = '*';
    const wrapped = await kms.wrap(key, where);
    standIn.all({ code: CODE.permissionDenied, details: `${key.toString('base64')} and ${wrapped.kekId}` });
    const error = (await kms.unwrap(wrapped, where).catch((thrown: unknown) => thrown)) as Error;
    delete process.env['GOOGLE_SDK_NODE_LOGGING'];
    for (const spy of spies) spy.mockRestore();
    expect(error).toMatchObject(unavailable('denied'));
    expect(Object.keys(error.cause as object).sort()).toEqual(['name', 'note', 'reason']);
    const shown = `${printed.join('')} ${error.stack} ${(error.cause as Error).stack}`;
    for (const secret of [
      key.toString('base64'),
      wrapped.bytes.toString('base64'),
      `"data":[${key[0]},${key[1]}`,
    ])
      expect(shown).not.toContain(secret);
  });
});

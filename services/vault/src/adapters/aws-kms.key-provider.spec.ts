import { randomBytes } from 'node:crypto';
import { eventually } from '@portcullis/platform/testing';
import { verifies } from '../../../../tools/verifies.js';
import { realKms, shippedActions, standInKms } from '../../test/support/kms-installation.js';
import { kmsError, KmsStandIn, REGION } from '../../test/support/kms-stand-in.js';
import { selfSigned } from '../../test/support/self-signed.js';
import { CredentialFiles } from '../../test/support/transit-installation.js';
import { keyProviderContract, ownerKeyContext } from '../ports/key-provider.contract.js';
import { REMOTE_LIMITS } from '../remote-calls/remote-calls.js';
import { AwsKmsKeyProvider, type AwsKmsKey } from './aws-kms.key-provider.js';

const files = new CredentialFiles();
const cleaning: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const clean of cleaning) await clean();
  files.clean();
});

const realKey = process.env['PORTCULLIS_TEST_AWS_KEY_A'];

describe(realKey === undefined ? 'stand-in of AWS KMS' : 'AWS KMS', () => {
  verifies('G2');
  keyProviderContract('aws-kms', async () => {
    if (realKey !== undefined) return realKms(realKey);
    const { standIn, under } = await standInKms(files);
    cleaning.push(() => standIn.stop());
    return under;
  });
});

describe('AWS KMS key provider', () => {
  let standIn: KmsStandIn;
  let keyOf: (reference: string, changes?: Partial<AwsKmsKey>) => AwsKmsKey;
  const open: AwsKmsKeyProvider[] = [];
  const provider = async (changes: Partial<AwsKmsKey> = {}) => {
    const made = await AwsKmsKeyProvider.create(keyOf('aws:kek-a', changes));
    open.push(made);
    return made;
  };
  const where = ownerKeyContext();
  const key = randomBytes(32);
  const unavailable = (reason: string) => ({ code: 'KEY_UNAVAILABLE', details: { reason } });
  const once = { ...REMOTE_LIMITS, attempts: 1 };

  beforeEach(async () => {
    ({ standIn, keyOf } = await standInKms(files));
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((made) => made.close()));
    await standIn.stop();
  });

  it('rewraps in the service, onto new material of the key, and shows the owner key to nobody', async () => {
    verifies('P2');
    const kms = await provider();
    const wrapped = await kms.wrap(key, where);
    standIn.keys[0]?.rotate();
    const before = standIn.actions.length;
    const fresh = await kms.rewrap(wrapped, where);
    expect(standIn.actions.slice(before)).toEqual(['ReEncrypt']);
    expect((await kms.unwrap(fresh, where)).equals(key)).toBe(true);
  });

  it.each([
    ['disabled', 'Disabled'],
    ['disabled', 'PendingDeletion'],
  ])('says KEY_UNAVAILABLE, %s, of a key that is %s, and describes it as closed', async (reason, state) => {
    const kms = await provider();
    const wrapped = await kms.wrap(key, where);
    Object.assign(standIn.keys[0] ?? {}, { state });
    for (const use of [
      kms.wrap(key, where),
      kms.unwrap(wrapped, where),
      kms.rewrap(wrapped, where),
      kms.check(),
    ])
      await expect(use).rejects.toMatchObject(unavailable(reason));
    expect(await kms.describe()).toEqual([{ kekId: 'aws:kek-a', seals: false, opens: false }]);
  });

  it.each([
    ['missing', () => void standIn.keys.splice(0, 1)],
    ['unsuitable', () => void Object.assign(standIn.keys[0] ?? {}, { spec: 'RSA_2048' })],
    ['denied', () => void Object.assign(standIn, { permitted: [] })],
    ['denied', () => void Object.assign(standIn, { secretAccessKey: 'another' })],
    ['denied', () => standIn.server.all(kmsError('ExpiredTokenException'))],
    ['throttled', () => standIn.server.all(kmsError('ThrottlingException'))],
    ['failing', () => standIn.server.all(kmsError('KMSInternalException', 500))],
    ['failing', () => standIn.server.all(kmsError('DependencyTimeoutException', 503))],
    ['failing', () => standIn.server.all({ kind: 'answer', status: 502, body: '<html>bad gateway</html>' })],
    ['refused', () => standIn.server.all(kmsError('ValidationException'))],
    ['garbled', () => standIn.server.all({ kind: 'answer', status: 200, body: {} })],
    ['unreachable', () => standIn.server.all({ kind: 'reset' })],
  ])('says KEY_UNAVAILABLE, %s', async (reason, happen) => {
    const kms = await provider({ limits: once });
    // The credentials are those of before what happens.
    happen();
    await expect(kms.wrap(key, where)).rejects.toMatchObject(unavailable(reason));
    await expect(kms.describe()).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' });
  });

  it('ends by its deadline when the service hangs', async () => {
    const kms = await provider({ limits: { ...REMOTE_LIMITS, deadlineMs: 100 } });
    standIn.server.all({ kind: 'hang' });
    await expect(kms.wrap(key, where)).rejects.toMatchObject(unavailable('timeout'));
  });

  it('leaves the service alone after some failures, and comes back to it', async () => {
    const kms = await provider({ limits: { ...once, circuit: { failures: 2, probeAfterMs: 300 } } });
    standIn.server.all({ kind: 'reset' });
    for (const reason of ['unreachable', 'unreachable', 'circuit_open'])
      await expect(kms.wrap(key, where)).rejects.toMatchObject(unavailable(reason));
    expect(standIn.server.requests).toHaveLength(2);
    standIn.server.all(undefined);
    expect(await eventually(() => kms.wrap(key, where))).toHaveProperty('kekId', 'aws:kek-a');
  });

  it('gets over a passing trouble by asking again, itself and not the SDK', async () => {
    const kms = await provider();
    const wrapped = await kms.wrap(key, where);
    const before = standIn.server.requests.length;
    standIn.server.next({ kind: 'reset' }, kmsError('ThrottlingException'));
    expect((await kms.unwrap(wrapped, where)).equals(key)).toBe(true);
    expect(standIn.server.requests).toHaveLength(before + 3);
    standIn.server.all(kmsError('ThrottlingException'));
    await expect((await provider({ limits: once })).wrap(key, where)).rejects.toThrow('throttling');
    expect(standIn.server.requests).toHaveLength(before + 4);
  });

  it('takes no answer that was made with another key', async () => {
    const kms = await provider();
    const wrapped = await kms.wrap(key, where);
    const [first, second] = standIn.keys;
    const body = { Plaintext: key.toString('base64'), KeyId: second?.arn };
    standIn.server.all({ kind: 'answer', status: 200, body });
    await expect(kms.unwrap(wrapped, where)).rejects.toMatchObject(unavailable('garbled'));
    standIn.server.all({ kind: 'answer', status: 200, body: { ...body, KeyId: first?.arn } });
    expect((await kms.unwrap(wrapped, where)).equals(key)).toBe(true);
  });

  it('needs each of the permissions that are shipped, and no other', async () => {
    const kms = await provider();
    const wrapped = await kms.wrap(key, where);
    const uses: Record<string, () => Promise<unknown>> = {
      'kms:Encrypt': () => kms.wrap(key, where),
      'kms:Decrypt': () => kms.unwrap(wrapped, where),
      'kms:ReEncryptFrom': () => kms.rewrap(wrapped, where),
      'kms:ReEncryptTo': () => kms.rewrap(wrapped, where),
      'kms:DescribeKey': () => kms.describe(),
    };
    expect(Object.keys(uses).sort()).toEqual(shippedActions().sort());
    for (const [action, use] of Object.entries(uses)) {
      standIn.permitted = shippedActions();
      await use();
      standIn.permitted = shippedActions().filter((it) => it !== action);
      await expect(use()).rejects.toMatchObject(unavailable('denied'));
    }
  });

  it('speaks TLS to an endpoint of the authority that is configured, and to no other', async () => {
    const tls = selfSigned('localhost');
    const secure = await KmsStandIn.start(tls);
    try {
      secure.permitted = shippedActions();
      const keyArn = secure.createKey().arn;
      const credentialsFile = files.write('tls-credentials', secure.credentials);
      const access = { region: REGION, endpoint: secure.url, ca: tls.cert, credentialsFile };
      await (await provider({ keyArn, access })).check();
      for (const ca of [null, selfSigned('localhost').cert]) {
        const kms = await provider({ keyArn, access: { ...access, ca }, limits: once });
        await expect(kms.wrap(key, where)).rejects.toMatchObject(unavailable('unreachable'));
      }
    } finally {
      await secure.stop();
    }
  });

  it('shows nothing of the SDK in its errors, which hold request and answer', async () => {
    verifies('P5');
    const kms = await provider({ limits: once });
    standIn.server.all({
      ...kmsError('AccessDeniedException'),
      body: {
        __type: 'AccessDeniedException',
        message: `${key.toString('base64')} ${standIn.secretAccessKey}`,
      },
    } as never);
    const error = (await kms.wrap(key, where).catch((thrown: unknown) => thrown)) as Error & {
      details: object;
    };
    expect(error).toMatchObject(unavailable('denied'));
    expect(Object.getOwnPropertyNames(error.cause)).toEqual(
      expect.arrayContaining(['message', 'name', 'note', 'reason', 'stack']),
    );
    const shown = `${error.stack} ${JSON.stringify(error.details)} ${(error.cause as Error).stack}`;
    expect(error.cause).not.toHaveProperty('$response');
    for (const secret of [key.toString('base64'), standIn.secretAccessKey])
      expect(shown).not.toContain(secret);
  });
});

import { sign } from 'node:crypto';
import fc from 'fast-check';
import { errorOf } from '../../test/expect-error.js';
import { YEAR } from '../../test/keyrings.js';
import { b64u, fromB64u } from '../encoding/base64url.js';
import { canonicalBytes } from '../encoding/canonical-json.js';
import {
  generateIdentity,
  keyId,
  serviceIdentitySchema,
  trustedKeySchema,
  type TrustedKey,
} from './identity.js';
import { privateKeyFromRaw } from './raw-keys.js';
import {
  generateInstallationRoot,
  openTrustBundle,
  signedTrustBundleSchema,
  signTrustBundle,
  type SignedTrustBundle,
} from './trust-bundle.js';

const now = new Date('2026-06-01T00:00:00.000Z');
const root = generateInstallationRoot();
const gateway = generateIdentity('gateway', YEAR);
const policy = generateIdentity('policy', YEAR);
const keys = [...gateway.publicKeys, ...policy.publicKeys];
const signed = signTrustBundle(keys, 'test', root.privateKey);

/** Signs whatever it is given: what a careless root, or a thief of it, could sign. */
function signAnything(bundle: object): SignedTrustBundle {
  const payload = canonicalBytes(bundle);
  const message = Buffer.concat([Buffer.from('portcullis/v1/trust-bundle\0'), payload]);
  const signature = sign(null, message, privateKeyFromRaw('Ed25519', fromB64u(root.privateKey)));
  return { payload: b64u(payload), root: root.publicKey, signature: b64u(signature) };
}

const bundleOf = (list: unknown[], extra: object = {}): object => ({
  version: 1,
  installation: 'test',
  issuedAt: '2026-01-01T00:00:00.000Z',
  notAfter: '2027-01-01T00:00:00.000Z',
  keys: list,
  ...extra,
});
const open = (bundle: SignedTrustBundle, roots = [root.publicKey], at = now): unknown =>
  openTrustBundle(bundle, roots, at);
const first = keys[0] as TrustedKey;

describe('generateIdentity', () => {
  it('makes one key per use; the public list has no private half', () => {
    expect(serviceIdentitySchema.parse(gateway.identity).keys.map(({ use }) => use)).toEqual([
      'mac',
      'seal',
      'sign',
    ]);
    expect(new Set(gateway.identity.keys.map(({ privateKey }) => privateKey)).size).toBe(3);
    for (const key of gateway.publicKeys) expect(trustedKeySchema.safeParse(key).success).toBe(true);
  });
});

describe('the trust bundle', () => {
  it('opens to the keys that were signed', () => {
    expect(signedTrustBundleSchema.parse(JSON.parse(JSON.stringify(signed)))).toEqual(signed);
    expect(openTrustBundle(signed, [generateInstallationRoot().publicKey, root.publicKey], now).keys).toEqual(
      keys,
    );
  });

  it('is refused from a root that is not pinned', () => {
    const other = generateInstallationRoot();
    expect(errorOf(() => open(signTrustBundle(keys, 'test', other.privateKey)))).toBe(
      'UNAUTHENTICATED/unknown_root',
    );
    expect(errorOf(() => open(signed, []))).toBe('UNAUTHENTICATED/unknown_root');
  });

  it('is refused when another root signed it than it says', () => {
    const other = generateInstallationRoot();
    const forged = { ...signTrustBundle(keys, 'test', other.privateKey), root: root.publicKey };
    expect(errorOf(() => open(forged))).toBe('UNAUTHENTICATED/bad_signature');
  });

  it('is refused after any one bit of payload or signature has changed', () => {
    const flip = (text: string, bit: number): string => {
      const bytes = fromB64u(text);
      const at = Math.floor(bit / 8) % bytes.byteLength;
      bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit % 8));
      return b64u(bytes);
    };
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom('payload' as const, 'signature' as const), (bit, field) => {
        const broken = { ...signed, [field]: flip(signed[field], bit) };
        expect(errorOf(() => open(broken))).toBe('UNAUTHENTICATED/bad_signature');
      }),
      { numRuns: 60 },
    );
  });

  it('is not a signature over the same bytes in another context', () => {
    const payload = fromB64u(signed.payload);
    const signature = b64u(sign(null, payload, privateKeyFromRaw('Ed25519', fromB64u(root.privateKey))));
    expect(errorOf(() => open({ ...signed, signature }))).toBe('UNAUTHENTICATED/bad_signature');
  });

  it('expires as a whole', () => {
    expect(errorOf(() => open(signed, [root.publicKey], new Date('2026-12-31T23:59:59.999Z')))).toBe(
      'nothing',
    );
    expect(errorOf(() => open(signed, [root.publicKey], YEAR.notAfter))).toBe('UNAUTHENTICATED/expired');
  });

  const asSeal: TrustedKey = {
    ...first,
    use: 'seal',
    kid: keyId('gateway', 'seal', fromB64u(first.publicKey)),
  };
  const asPolicy: TrustedKey = {
    ...first,
    service: 'policy',
    kid: keyId('policy', 'mac', fromB64u(first.publicKey)),
  };
  it.each([
    ['a key id that is there twice', bundleOf([first, first]), 'bad_keys'],
    ['one key for two uses', bundleOf([first, asSeal]), 'bad_keys'],
    ['one key of two services', bundleOf([first, asPolicy]), 'bad_keys'],
    ['a key under the id of another', bundleOf([{ ...first, kid: keys[1]?.kid }]), 'bad_keys'],
    ['a key whose use was changed', bundleOf([{ ...first, use: 'seal' }]), 'bad_keys'],
    ['a key whose owner was changed', bundleOf([{ ...first, service: 'vault' }]), 'bad_keys'],
    ['a curve that is not that of the use', bundleOf([{ ...first, alg: 'Ed25519' }]), 'bad_keys'],
    ['a key that is never valid', bundleOf([{ ...first, notAfter: first.notBefore }]), 'bad_keys'],
    ['an unknown service', bundleOf([{ ...first, service: 'console' }]), 'malformed'],
    ['an unknown field', bundleOf([first], { comment: 'x' }), 'malformed'],
    ['another version', bundleOf([first], { version: 2 }), 'malformed'],
    ['no keys', bundleOf([]), 'malformed'],
  ])('is refused with %s, though the root signed it', (_name, bundle, reason) => {
    expect(errorOf(() => open(signAnything(bundle)))).toBe(`UNAUTHENTICATED/${reason}`);
  });

  it('is not signed in the first place when it would be refused', () => {
    expect(errorOf(() => signTrustBundle([first, asSeal], 'test', root.privateKey))).toBe('INVALID_ARGUMENT');
  });
});

import { diffieHellman, hkdfSync } from 'node:crypto';
import { errorOf } from '../../test/expect-error.js';
import { installation, TestClock, YEAR } from '../../test/keyrings.js';
import { lp } from '../encoding/length-prefix.js';
import { fromB64u } from '../encoding/base64url.js';
import { generateIdentity, type ServiceIdentity } from './identity.js';
import { Keyring } from './keyring.js';
import { agree } from './pairwise.js';
import { privateKeyFromRaw, publicKeyFromRaw, rawPrivateKey, rawPublicKey } from './raw-keys.js';
import { openTrustBundle, signTrustBundle, type TrustBundle } from './trust-bundle.js';

const { keyrings, identities, bundle, root, clock } = installation();
const { gateway, policy, vault } = keyrings;
const bytesOf = (key: { key: import('node:crypto').KeyObject }): string => key.key.export().toString('hex');
const keyOf = (identity: ServiceIdentity, use: string) => {
  const key = identity.keys.find((candidate) => candidate.use === use);
  if (key === undefined) throw new Error(`no ${use} key`);
  return key;
};
const rebundle = (keys: TrustBundle['keys']): TrustBundle =>
  openTrustBundle(signTrustBundle(keys, 'test', root.privateKey), [root.publicKey], clock.now());

describe('pairwise keys', () => {
  it('are the same on both sides, and say who the peer is', () => {
    const to = gateway.pairwiseTo('policy');
    const from = policy.pairwiseByKid(to.kid);
    expect(from.peer).toBe('gateway');
    expect(bytesOf(from)).toBe(bytesOf(to));
  });

  it('follow the published derivation', () => {
    const [a, b] = [keyOf(identities.gateway, 'mac'), keyOf(identities.policy, 'mac')];
    const shared = diffieHellman({
      privateKey: privateKeyFromRaw('X25519', fromB64u(b.privateKey)),
      publicKey: publicKeyFromRaw('X25519', fromB64u(a.publicKey)),
    });
    const info = Buffer.concat([Buffer.from('portcullis/v1/mac'), lp('gateway', 'policy')]);
    const expected = Buffer.from(hkdfSync('sha256', shared, lp(a.kid, b.kid), info, 32)).toString('hex');
    expect(bytesOf(gateway.pairwiseTo('policy'))).toBe(expected);
    expect(gateway.pairwiseTo('policy').kid).toBe(`${a.kid}.${b.kid}`);
  });

  it('differ by direction and by peer', () => {
    const keys = [
      gateway.pairwiseTo('policy'),
      policy.pairwiseTo('gateway'),
      gateway.pairwiseTo('vault'),
      vault.pairwiseTo('policy'),
    ];
    expect(new Set(keys.map(bytesOf)).size).toBe(4);
  });

  it('are derived once', () => {
    expect(gateway.pairwiseTo('policy').key).toBe(gateway.pairwiseTo('policy').key);
  });

  it.each([
    ['a message between two others', () => vault.pairwiseByKid(gateway.pairwiseTo('policy').kid)],
    ['an own message sent back', () => gateway.pairwiseByKid(gateway.pairwiseTo('policy').kid)],
    [
      'an unknown sender',
      () => policy.pairwiseByKid(`01ARZ3NDEKTSV4RRFFQ69G5FAV.${keyOf(identities.policy, 'mac').kid}`),
    ],
    ['no sender', () => policy.pairwiseByKid(keyOf(identities.policy, 'mac').kid)],
    ['an empty id', () => policy.pairwiseByKid('')],
    [
      'a sealing key',
      () =>
        policy.pairwiseByKid(
          `${keyOf(identities.gateway, 'seal').kid}.${keyOf(identities.policy, 'mac').kid}`,
        ),
    ],
    [
      'own sealing key',
      () =>
        policy.pairwiseByKid(
          `${keyOf(identities.gateway, 'mac').kid}.${keyOf(identities.policy, 'seal').kid}`,
        ),
    ],
  ])('are not given for %s', (_name, run) => {
    expect(errorOf(run)).toBe('UNAUTHENTICATED/unknown_key');
  });

  it('do not join a service with itself', () => {
    expect(errorOf(() => gateway.pairwiseTo('gateway'))).toBe('INVALID_ARGUMENT');
  });
});

describe('the time of a key', () => {
  it('begins at notBefore and ends before notAfter, by what the bundle says', () => {
    const keys = bundle.keys.map((key) =>
      key.service === 'policy'
        ? { ...key, notBefore: '2026-03-01T00:00:00.000Z', notAfter: '2026-04-01T00:00:00.000Z' }
        : key,
    );
    const at = (time: string): string => {
      const ring = new Keyring(identities.gateway, rebundle(keys), () => new Date(time));
      return errorOf(() => ring.pairwiseTo('policy'));
    };
    expect(at('2026-02-28T23:59:59.999Z')).toBe('UNAUTHENTICATED/key_not_valid');
    expect(at('2026-03-01T00:00:00.000Z')).toBe('nothing');
    expect(at('2026-03-31T23:59:59.999Z')).toBe('nothing');
    expect(at('2026-04-01T00:00:00.000Z')).toBe('UNAUTHENTICATED/key_not_valid');
  });

  it('ends for keys that have been derived and cached', () => {
    const moving = new TestClock();
    const ring = new Keyring(identities.gateway, bundle, moving.now);
    const { kid } = new Keyring(identities.policy, bundle, moving.now).pairwiseTo('gateway');
    expect(ring.pairwiseByKid(kid).peer).toBe('policy');
    moving.advance(366 * 86_400);
    expect(errorOf(() => ring.pairwiseByKid(kid))).toBe('UNAUTHENTICATED/key_not_valid');
    expect(errorOf(() => ring.sealKey())).toBe('UNAUTHENTICATED/key_not_valid');
    expect(errorOf(() => ring.sign(Buffer.from('x')))).toBe('UNAUTHENTICATED/key_not_valid');
  });

  it('lets a key be replaced: the newest is used, the old one still understood', () => {
    const next = generateIdentity('policy', { ...YEAR, notBefore: new Date('2026-07-01T00:00:00.000Z') });
    const both: ServiceIdentity = {
      ...identities.policy,
      keys: [...identities.policy.keys, ...next.identity.keys],
    };
    const moving = new TestClock();
    const rotated = rebundle([...bundle.keys, ...next.publicKeys]);
    const sender = new Keyring(identities.gateway, rotated, moving.now);
    const receiver = new Keyring(both, rotated, moving.now);
    const before = sender.pairwiseTo('policy');
    moving.advance(40 * 86_400);
    const after = sender.pairwiseTo('policy');
    expect(after.kid).not.toBe(before.kid);
    expect(after.kid.endsWith(keyOf(next.identity, 'mac').kid)).toBe(true);
    for (const { kid } of [before, after]) expect(receiver.pairwiseByKid(kid).peer).toBe('gateway');
    expect(receiver.sealKey().kid).toBe(keyOf(next.identity, 'seal').kid);
    expect(receiver.sealKey(keyOf(identities.policy, 'seal').kid).kid).toBe(
      keyOf(identities.policy, 'seal').kid,
    );
  });
});

describe('signatures', () => {
  const statement = Buffer.from('portcullis/v1/test\0a statement');
  const { kid, signature } = policy.sign(statement);

  it('are believed for their service, key, bytes only', () => {
    expect(gateway.verifySignature('policy', kid, statement, signature)).toBe(true);
    expect(gateway.verifySignature('audit', kid, statement, signature)).toBe(false);
    expect(gateway.verifySignature('policy', kid, Buffer.from('another'), signature)).toBe(false);
    expect(gateway.verifySignature('policy', 'unknown', statement, signature)).toBe(false);
    expect(gateway.verifySignature('policy', keyOf(identities.policy, 'mac').kid, statement, signature)).toBe(
      false,
    );
    expect(gateway.verifySignature('policy', kid, statement, Buffer.alloc(64))).toBe(false);
    expect(gateway.verifySignature('policy', kid, statement, Buffer.alloc(3))).toBe(false);
    expect(gateway.verifySignature('policy', kid, statement, Buffer.alloc(0))).toBe(false);
  });

  it('of the past are judged by the time of their statement', () => {
    const later = new Keyring(identities.gateway, bundle, () => new Date('2027-06-01T00:00:00.000Z'));
    const signed = { service: 'policy', kid, bytes: statement, signature } as const;
    expect(later.verifySignature('policy', kid, statement, signature)).toBe(false);
    expect(later.verifySignatureAt(signed, new Date('2026-06-01T00:00:00.000Z'))).toBe(true);
    expect(later.verifySignatureAt(signed, new Date('2025-06-01T00:00:00.000Z'))).toBe(false);
  });
});

describe('sealing keys', () => {
  it('are a peer’s public and the own private half of one pair', () => {
    const own = vault.sealKey();
    const seen = gateway.sealKeyOf('vault');
    expect(seen.kid).toBe(own.kid);
    expect(rawPublicKey(own.privateKey).equals(rawPublicKey(seen.publicKey))).toBe(true);
    expect(errorOf(() => gateway.sealKeyOf('control', own.kid))).toBe('UNAUTHENTICATED/unknown_key');
    expect(errorOf(() => gateway.sealKey(own.kid))).toBe('UNAUTHENTICATED/unknown_key');
  });
});

describe('the keyring refuses', () => {
  it('an identity that the bundle does not list', () => {
    const stranger = generateIdentity('gateway', YEAR).identity;
    expect(errorOf(() => new Keyring(stranger, bundle, clock.now))).toBe('INVALID_ARGUMENT');
  });

  it('a private key under the name of another', () => {
    const keys = identities.gateway.keys.map((key) => ({
      ...key,
      privateKey: keyOf(identities.policy, key.use).privateKey,
    }));
    expect(errorOf(() => new Keyring({ ...identities.gateway, keys }, bundle, clock.now))).toBe(
      'INVALID_ARGUMENT',
    );
  });
});

describe('raw keys', () => {
  it('give the public and shared values of RFC 7748 section 6.1', () => {
    const alice = privateKeyFromRaw(
      'X25519',
      Buffer.from('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a', 'hex'),
    );
    const bob = publicKeyFromRaw(
      'X25519',
      Buffer.from('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f', 'hex'),
    );
    expect(rawPublicKey(alice).toString('hex')).toBe(
      '8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a',
    );
    expect(agree(alice, bob).toString('hex')).toBe(
      '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742',
    );
    expect(rawPrivateKey(alice).byteLength).toBe(32);
  });

  it.each([
    ['zero', Buffer.alloc(32)],
    ['one', Buffer.concat([Buffer.of(1), Buffer.alloc(31)])],
    ['order eight', Buffer.from('e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800', 'hex')],
  ])('refuse a point of small order: %s', (_name, raw) => {
    const own = privateKeyFromRaw('X25519', Buffer.alloc(32, 7));
    expect(errorOf(() => agree(own, publicKeyFromRaw('X25519', raw)))).toBe('INVALID_ARGUMENT');
  });

  it('refuse another length', () => {
    expect(errorOf(() => publicKeyFromRaw('Ed25519', Buffer.alloc(31)))).toBe('INVALID_ARGUMENT');
    expect(errorOf(() => privateKeyFromRaw('X25519', Buffer.alloc(33)))).toBe('INVALID_ARGUMENT');
  });
});

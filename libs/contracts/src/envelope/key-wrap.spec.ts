import { randomBytes } from 'node:crypto';
import { verifies } from '../../../../tools/verifies.js';
import { errorOf } from '../../test/expect-error.js';
import { bitFlips, hex, vectors } from '../../test/vectors.js';
import { Secret } from '../sensitive/secret.js';
import { decodeEnvelope, encodeEnvelope } from './envelope-codec.js';
import { openEnvelope, sealEnvelopeWith } from './envelope.js';
import { deriveLocalKek, unwrapKey, wrapKey, wrapKeyWith } from './key-wrap.js';
import { secretAad, type SecretAad } from './secret-aad.js';

interface EnvelopeVectors {
  aad: { fields: SecretAad; hex: string };
  ownerKeyHex: string;
  ownerKeyId: string;
  ownerKeyVersion: number;
  entropy: { dekHex: string; saltHex: string; ivHex: string; wrapSaltHex: string; wrapIvHex: string };
  plaintext: string;
  comHex: string;
  envelopeHex: string;
  localKek: { rootSecretHex: string; keyId: string; kekHex: string };
  wrap: {
    wrappingKeyHex: string;
    keyHex: string;
    aadHex: string;
    saltHex: string;
    ivHex: string;
    wrappedHex: string;
  };
}

describe('wrapKey', () => {
  const wrappingKey = randomBytes(32);
  const key = randomBytes(32);
  const aad = Buffer.from('owner key of someone');
  const wrapped = wrapKey({ wrappingKey, key, aad });
  const unwrap = (change: object = {}): string =>
    errorOf(() => unwrapKey({ wrappingKey, wrapped, aad, ...change }));

  it('comes back equal, is fresh every time, and does not show the key', () => {
    expect(unwrapKey({ wrappingKey, wrapped, aad }).equals(key)).toBe(true);
    expect(wrapKey({ wrappingKey, key, aad }).equals(wrapped)).toBe(false);
    expect(wrapped).toHaveLength(92);
    expect(wrapped.includes(key.subarray(0, 8))).toBe(false);
  });

  it('is refused under another key, for another purpose, cut, or after any single bit has changed', () => {
    expect(unwrap({ wrappingKey: randomBytes(32) })).toBe('DECRYPTION_FAILED');
    expect(unwrap({ aad: Buffer.from('owner key of someone else') })).toBe('DECRYPTION_FAILED');
    expect(unwrap({ wrapped: wrapped.subarray(0, -1) })).toBe('DECRYPTION_FAILED');
    for (const broken of bitFlips(wrapped)) expect(unwrap({ wrapped: broken })).toBe('DECRYPTION_FAILED');
  });

  it('takes keys of 32 bytes only', () => {
    expect(errorOf(() => wrapKey({ wrappingKey: randomBytes(16), key, aad }))).toBe('INVALID_ARGUMENT');
    expect(errorOf(() => wrapKey({ wrappingKey, key: randomBytes(31), aad }))).toBe('INVALID_ARGUMENT');
  });
});

describe('the local KEK', () => {
  const root = (byte: number): Secret => Secret.of(Buffer.alloc(32, byte));

  it('is one per root secret and key id', () => {
    const keks = [deriveLocalKek(root(1), 'a'), deriveLocalKek(root(1), 'b'), deriveLocalKek(root(2), 'a')];
    expect(new Set(keks.map((kek) => kek.toString('hex'))).size).toBe(3);
    expect(deriveLocalKek(root(1), 'a').equals(keks[0] as Buffer)).toBe(true);
    for (const kek of keks) expect(kek).toHaveLength(32);
  });

  it('is not derived from a root secret that is too short', () => {
    expect(errorOf(() => deriveLocalKek(Secret.of(Buffer.alloc(31, 1)), 'a'))).toBe('INVALID_ARGUMENT');
    expect(errorOf(() => deriveLocalKek(Secret.of(''), 'a'))).toBe('INVALID_ARGUMENT');
  });
});

describe('the published vectors', () => {
  verifies('P1');
  const v = vectors<EnvelopeVectors>('envelope');
  const place = {
    org: v.aad.fields.org,
    secretId: v.aad.fields.secretId,
    recordVersion: v.aad.fields.recordVersion,
  };
  const aad = secretAad(v.aad.fields);
  const ownerKey = hex(v.ownerKeyHex);

  it('AAD', () => {
    expect(aad.toString('hex')).toBe(v.aad.hex);
  });

  it('envelope: written byte for byte, and read', () => {
    const { entropy, ownerKeyId, ownerKeyVersion } = v;
    const envelope = sealEnvelopeWith(
      { ...place, aad, ownerKey, ownerKeyId, ownerKeyVersion, plaintext: Buffer.from(v.plaintext) },
      {
        dek: hex(entropy.dekHex),
        salt: hex(entropy.saltHex),
        iv: hex(entropy.ivHex),
        wrap: { salt: hex(entropy.wrapSaltHex), iv: hex(entropy.wrapIvHex) },
      },
    );
    expect(envelope.com.toString('hex')).toBe(v.comHex);
    expect(encodeEnvelope(envelope).toString('hex')).toBe(v.envelopeHex);
    const opened = openEnvelope({ ...place, aad, ownerKey, envelope: decodeEnvelope(hex(v.envelopeHex)) });
    expect(opened.revealText()).toBe(v.plaintext);
  });

  it('local KEK and wrapped key', () => {
    const { localKek, wrap } = v;
    expect(deriveLocalKek(Secret.of(hex(localKek.rootSecretHex)), localKek.keyId).toString('hex')).toBe(
      localKek.kekHex,
    );
    const params = { wrappingKey: hex(wrap.wrappingKeyHex), aad: hex(wrap.aadHex) };
    const wrapped = wrapKeyWith(
      { ...params, key: hex(wrap.keyHex) },
      { salt: hex(wrap.saltHex), iv: hex(wrap.ivHex) },
    );
    expect(wrapped.toString('hex')).toBe(wrap.wrappedHex);
    expect(unwrapKey({ ...params, wrapped }).toString('hex')).toBe(wrap.keyHex);
  });
});

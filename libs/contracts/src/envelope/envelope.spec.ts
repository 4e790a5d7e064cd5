import { createCipheriv, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { verifies } from '../../../../tools/verifies.js';
import { errorOf } from '../../test/expect-error.js';
import { bitFlips } from '../../test/vectors.js';
import { hkdf } from '../encoding/hkdf.js';
import { idBytes } from '../encoding/ids.js';
import { lp, uint64be } from '../encoding/length-prefix.js';
import { sha256 } from '../encoding/sha256.js';
import { decodeEnvelope, encodeEnvelope } from './envelope-codec.js';
import {
  openEnvelope,
  sealEnvelope,
  type Envelope,
  type OpenEnvelopeParams,
  type SealEnvelopeParams,
} from './envelope.js';
import { wrapKey } from './key-wrap.js';
import { secretAad, type SecretAad } from './secret-aad.js';

const id = (n: number): string => `01BX5ZZKBKACTAV9WEVGEMMV${String(n).padStart(2, '0')}`;
const fields: SecretAad = {
  purpose: 'credential',
  org: id(1),
  ownerKind: 'user',
  owner: id(2),
  srv: id(3),
  slot: 'token',
  secretId: id(4),
  recordVersion: 2,
  dst: 'https://mcp.slack.example',
};
const ownerKey = randomBytes(32);
const secret = Buffer.from('xoxb-not-a-real-token');
const params: SealEnvelopeParams = {
  aad: secretAad(fields),
  ownerKey,
  ownerKeyId: id(5),
  ownerKeyVersion: 4,
  org: fields.org,
  secretId: fields.secretId,
  recordVersion: fields.recordVersion,
  plaintext: secret,
};
const envelope = sealEnvelope(params);
const open = (change: Partial<OpenEnvelopeParams> = {}): string =>
  errorOf(() => openEnvelope({ ...params, envelope, ...change }));
const about = (change: Partial<SecretAad>): Partial<OpenEnvelopeParams> => ({
  aad: secretAad({ ...fields, ...change }),
});

describe('an envelope', () => {
  verifies('P1');

  it('opens to what was sealed, from its stored form too', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (plaintext) => {
        const stored = encodeEnvelope(sealEnvelope({ ...params, plaintext }));
        expect(stored.byteLength).toBe(209 + plaintext.byteLength);
        expect(
          openEnvelope({ ...params, envelope: decodeEnvelope(stored) })
            .reveal()
            .equals(plaintext),
        ).toBe(true);
      }),
    );
  });

  it('has its own DEK, IV and salts each time: equal plaintexts give nothing equal', () => {
    const many = Array.from({ length: 200 }, () => sealEnvelope(params));
    for (const part of ['salt', 'com', 'wrappedDek', 'iv', 'ciphertext', 'tag'] as const) {
      expect(new Set(many.map((one) => one[part].toString('hex'))).size).toBe(200);
    }
    expect(envelope.iv).toHaveLength(12);
    expect(envelope.tag).toHaveLength(16);
    expect(encodeEnvelope(envelope).includes(secret)).toBe(false);
  });

  it('keeps the wrapped DEK beside the ciphertext; with another DEK’s it does not open', () => {
    const other = sealEnvelope(params);
    expect(open({ envelope: { ...envelope, wrappedDek: other.wrappedDek } })).toBe('DECRYPTION_FAILED');
    expect(open({ envelope: { ...envelope, wrappedDek: other.wrappedDek, com: other.com } })).toBe(
      'DECRYPTION_FAILED',
    );
    const { wrappedDek, com, salt } = other;
    expect(open({ envelope: { ...envelope, wrappedDek, com, salt } })).toBe('DECRYPTION_FAILED');
    expect(open({ envelope: { ...other, ciphertext: envelope.ciphertext } })).toBe('DECRYPTION_FAILED');
  });

  it('does not open after any single bit of its stored form has changed', () => {
    for (const broken of bitFlips(encodeEnvelope(envelope))) {
      expect(errorOf(() => openEnvelope({ ...params, envelope: decodeEnvelope(broken) }))).toBe(
        'DECRYPTION_FAILED',
      );
    }
  });

  it.each<[string, Partial<OpenEnvelopeParams>]>([
    ['another owner key', { ownerKey: randomBytes(32) }],
    ['the row of another organisation', { org: id(9) }],
    ['the row of another secret', { secretId: id(9) }],
    ['an older version of the record', { recordVersion: 1 }],
    ['a newer version of the record', { recordVersion: 3n }],
    ['another purpose', about({ purpose: 'oauth-token' })],
    ['another organisation', about({ org: id(9) })],
    ['another kind of owner', about({ ownerKind: 'organisation' })],
    ['another owner', about({ owner: id(9) })],
    ['another server', about({ srv: id(9) })],
    ['no server', about({ srv: null })],
    ['another slot', about({ slot: 'token2' })],
    ['another secret', about({ secretId: id(9) })],
    ['another version', about({ recordVersion: 3 })],
    ['another destination', about({ dst: 'https://mcp.slack.example.evil.example' })],
    ['no AAD', { aad: Buffer.alloc(0) }],
    ['another owner key id', { envelope: { ...envelope, ownerKeyId: id(9) } }],
    ['another owner key version', { envelope: { ...envelope, ownerKeyVersion: 5 } }],
    ['a shorter tag', { envelope: { ...envelope, tag: envelope.tag.subarray(0, 12) } }],
    ['a shorter commitment', { envelope: { ...envelope, com: envelope.com.subarray(0, 16) } }],
  ])('does not open for %s', (_name, change) => {
    expect(open()).toBe('nothing');
    expect(open(change)).toBe('DECRYPTION_FAILED');
  });

  it('whose commitment is not that of its key and AAD is refused, though everything else fits together', () => {
    const [dek, salt, iv, com] = [randomBytes(32), randomBytes(32), randomBytes(12), randomBytes(32)];
    const info = Buffer.concat([Buffer.from('pc/enc/v1'), sha256(params.aad)]);
    const cipher = createCipheriv('aes-256-gcm', hkdf(dek, salt, info, 32), iv).setAAD(params.aad);
    const ciphertext = Buffer.concat([cipher.update(secret), cipher.final()]);
    const aad = lp(
      'portcullis/dek/v1',
      idBytes(id(1)),
      idBytes(id(5)),
      uint64be(4),
      idBytes(id(4)),
      uint64be(2),
      com,
    );
    const wrappedDek = wrapKey({ wrappingKey: ownerKey, key: dek, aad });
    const made: Envelope = { ...envelope, salt, com, wrappedDek, iv, ciphertext, tag: cipher.getAuthTag() };
    expect(open({ envelope: made })).toBe('DECRYPTION_FAILED');
  });

  it('is not printed with its content', () => {
    const opened = openEnvelope({ ...params, envelope });
    expect(`${String(opened)} ${JSON.stringify(opened)}`).toBe('[REDACTED] "[REDACTED]"');
  });
});

describe('the stored form', () => {
  it('comes back field by field', () => {
    expect(decodeEnvelope(encodeEnvelope(envelope))).toEqual(envelope);
  });

  it('is refused cut short, in another version, or out of range', () => {
    const stored = encodeEnvelope(envelope);
    for (let length = 0; length < 209; length += 1) {
      expect(errorOf(() => decodeEnvelope(stored.subarray(0, length)))).toBe('DECRYPTION_FAILED');
    }
    const version = Buffer.from(stored);
    version[0] = 2;
    expect(errorOf(() => decodeEnvelope(version))).toBe('DECRYPTION_FAILED');
    const range = Buffer.from(stored);
    range.fill(0xff, 17, 25);
    expect(errorOf(() => decodeEnvelope(range))).toBe('DECRYPTION_FAILED');
  });

  it('is not written with a field of a wrong size', () => {
    expect(errorOf(() => encodeEnvelope({ ...envelope, iv: Buffer.alloc(16) }))).toBe('INVALID_ARGUMENT');
  });

  it('is a copy: changing the bytes it was read from changes nothing', () => {
    const stored = encodeEnvelope(envelope);
    const decoded = decodeEnvelope(stored);
    stored.fill(0);
    expect(openEnvelope({ ...params, envelope: decoded }).revealText()).toBe(secret.toString());
  });
});

describe('secretAad', () => {
  const text = fc.string({ maxLength: 6, unit: 'grapheme' });
  const ids = fc.integer({ min: 10, max: 12 }).map(id);
  const any: fc.Arbitrary<SecretAad> = fc.record({
    purpose: text,
    org: ids,
    ownerKind: text,
    owner: ids,
    srv: fc.option(ids),
    slot: text,
    secretId: ids,
    recordVersion: fc.nat({ max: 2 }),
    dst: text,
  });

  it('differs whenever a field differs', () => {
    fc.assert(
      fc.property(any, any, (a, b) => {
        const same = JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
        expect(secretAad(a).equals(secretAad(b))).toBe(same);
      }),
    );
  });

  it('takes ids only where ids belong', () => {
    expect(errorOf(() => secretAad({ ...fields, org: 'acme' }))).toBe('INVALID_ARGUMENT');
    expect(errorOf(() => secretAad({ ...fields, recordVersion: -1 }))).toBe('INVALID_ARGUMENT');
  });
});

import { Aes128Gcm, Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import { verifies } from '../../../../tools/verifies.js';
import { errorOf } from '../../test/expect-error.js';
import { bitFlips, hex, vectors } from '../../test/vectors.js';
import { generatePrivateKey } from '../trust/identity.js';
import { privateKeyFromRaw, publicKeyFromRaw, rawPrivateKey, rawPublicKey } from '../trust/raw-keys.js';
import { HpkeReceiver } from './hpke-receiver.js';
import { hpkeOpen, hpkeOpenWith, hpkeSeal, hpkeSealWith } from './hpke.js';
import { HpkeSender } from './hpke-sender.js';
import { AES_128_GCM, AES_256_GCM, kemSharedSecret, keySchedule } from './hpke-suite.js';

interface HpkeVector {
  name: string;
  aead: 'aes-128-gcm' | 'aes-256-gcm';
  ephemeralPrivateKeyHex: string;
  recipientPrivateKeyHex: string;
  infoHex: string;
  aadHex: string;
  plaintextHex: string;
  encHex: string;
  sharedSecretHex: string;
  keyHex: string;
  baseNonceHex: string;
  exporterSecretHex: string;
  ciphertextHex: string;
}

const recipient = generatePrivateKey('X25519');
const publicKey = rawPublicKey(recipient);
const info = 'portcullis/v1/put';
const aad = Buffer.from('{"org":"x"}');
const plaintext = Buffer.from('xoxb-not-a-real-token');

describe.each(vectors<{ vectors: HpkeVector[] }>('hpke').vectors)('$name ($aead)', (v) => {
  const aead = v.aead === 'aes-128-gcm' ? AES_128_GCM : AES_256_GCM;
  const ephemeral = privateKeyFromRaw('X25519', hex(v.ephemeralPrivateKeyHex));
  const receiver = privateKeyFromRaw('X25519', hex(v.recipientPrivateKeyHex));

  it('has the published shared secret and key schedule', () => {
    const kemContext = Buffer.concat([hex(v.encHex), rawPublicKey(receiver)]);
    const sent = kemSharedSecret(ephemeral, publicKeyFromRaw('X25519', rawPublicKey(receiver)), kemContext);
    const received = kemSharedSecret(receiver, publicKeyFromRaw('X25519', hex(v.encHex)), kemContext);
    expect([sent, received].map((secret) => secret.toString('hex'))).toEqual([
      v.sharedSecretHex,
      v.sharedSecretHex,
    ]);
    const context = keySchedule(aead, sent, hex(v.infoHex));
    expect(context.key.toString('hex')).toBe(v.keyHex);
    expect(context.baseNonce.toString('hex')).toBe(v.baseNonceHex);
    expect(context.exporterSecret.toString('hex')).toBe(v.exporterSecretHex);
  });

  it('seals and opens to the published bytes', () => {
    const params = { info: hex(v.infoHex), aad: hex(v.aadHex), plaintext: hex(v.plaintextHex) };
    const sealed = hpkeSealWith(aead, ephemeral, { ...params, recipientPublicKey: rawPublicKey(receiver) });
    expect(sealed.enc.toString('hex')).toBe(v.encHex);
    expect(sealed.ciphertext.toString('hex')).toBe(v.ciphertextHex);
    const opened = hpkeOpenWith(aead, { ...sealed, ...params, recipientPrivateKey: receiver });
    expect(opened.reveal().toString('hex')).toBe(v.plaintextHex);
  });
});

describe('beside the public implementation', () => {
  const suite = new CipherSuite({
    kem: new DhkemX25519HkdfSha256(),
    kdf: new HkdfSha256(),
    aead: new Aes256Gcm(),
  });
  const view = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer;

  it('what we seal, it opens', async () => {
    const { enc, ciphertext } = hpkeSeal({ recipientPublicKey: publicKey, info, aad, plaintext });
    const recipientKey = await suite.kem.importKey('raw', view(rawPrivateKey(recipient)), false);
    const opened = await suite.open(
      { recipientKey, enc: view(enc), info: view(Buffer.from(info)) },
      view(ciphertext),
      view(aad),
    );
    expect(Buffer.from(opened).equals(plaintext)).toBe(true);
  });

  it('what it seals, we open', async () => {
    const recipientPublicKey = await suite.kem.importKey('raw', view(publicKey), true);
    const { enc, ct } = await suite.seal(
      { recipientPublicKey, info: view(Buffer.from(info)) },
      view(plaintext),
      view(aad),
    );
    const sealed = { enc: new Uint8Array(enc), ciphertext: new Uint8Array(ct) };
    expect(
      hpkeOpen({ recipientPrivateKey: recipient, ...sealed, info, aad })
        .reveal()
        .equals(plaintext),
    ).toBe(true);
  });

  it('it opens the messages of our context, and we those of its context, by their numbers', async () => {
    const count = 300;
    const sender = new HpkeSender({ recipientPublicKey: publicKey, info });
    const recipientKey = await suite.kem.importKey('raw', view(rawPrivateKey(recipient)), false);
    const theirs = await suite.createRecipientContext({
      recipientKey,
      enc: view(sender.enc),
      info: view(Buffer.from(info)),
    });
    const recipientPublicKey = await suite.kem.importKey('raw', view(publicKey), true);
    const sending = await suite.createSenderContext({ recipientPublicKey, info: view(Buffer.from(info)) });
    for (let seq = 0; seq < count; seq += 1) {
      const message = Buffer.from(`message ${seq}`);
      const ours = sender.seal(aad, message);
      expect(ours.seq).toBe(seq);
      expect(Buffer.from(await theirs.open(view(ours.ciphertext), view(aad))).equals(message)).toBe(true);
      const ciphertext = new Uint8Array(await sending.seal(view(message), view(aad)));
      const enc = new Uint8Array(sending.enc);
      const opened = hpkeOpen({ recipientPrivateKey: recipient, enc, ciphertext, info, aad, seq });
      expect(opened.reveal().equals(message)).toBe(true);
    }
  });

  it('one context of ours opens the messages of a sender in any order, until it is wiped', () => {
    const sender = new HpkeSender({ recipientPublicKey: publicKey, info });
    const sent = [0, 1, 2].map((n) => sender.seal(aad, Buffer.from(`message ${n}`)));
    const receiver = new HpkeReceiver({ recipientPrivateKey: recipient, enc: sender.enc, info });
    for (const { seq, ciphertext } of [...sent].reverse()) {
      expect(receiver.open({ seq, aad, ciphertext }).revealText()).toBe(`message ${seq}`);
      expect(errorOf(() => receiver.open({ seq: seq + 1, aad, ciphertext }))).toBe('DECRYPTION_FAILED');
      expect(errorOf(() => receiver.open({ seq, aad: Buffer.from('{}'), ciphertext }))).toBe(
        'DECRYPTION_FAILED',
      );
    }
    receiver.wipe();
    expect(errorOf(() => receiver.open({ aad, ciphertext: sent[0]!.ciphertext }))).toBe('DECRYPTION_FAILED');
  });

  it('a message of another suite does not open', async () => {
    const other = new CipherSuite({
      kem: new DhkemX25519HkdfSha256(),
      kdf: new HkdfSha256(),
      aead: new Aes128Gcm(),
    });
    const recipientPublicKey = await other.kem.importKey('raw', view(publicKey), true);
    const { enc, ct } = await other.seal(
      { recipientPublicKey, info: view(Buffer.from(info)) },
      view(plaintext),
      view(aad),
    );
    const sealed = { enc: new Uint8Array(enc), ciphertext: new Uint8Array(ct) };
    expect(errorOf(() => hpkeOpen({ recipientPrivateKey: recipient, ...sealed, info, aad }))).toBe(
      'DECRYPTION_FAILED',
    );
  });
});

describe('a value sealed to a key', () => {
  verifies('B3');
  const sealed = hpkeSeal({
    recipientPublicKey: publicKeyFromRaw('X25519', publicKey),
    info,
    aad,
    plaintext,
  });
  const open = (change: object = {}): string =>
    errorOf(() => hpkeOpen({ recipientPrivateKey: recipient, ...sealed, info, aad, ...change }));

  it('opens for its holder, and is never the same twice', () => {
    expect(open()).toBe('nothing');
    const again = hpkeSeal({ recipientPublicKey: publicKey, info, aad, plaintext });
    expect(again.enc.equals(sealed.enc)).toBe(false);
    expect(again.ciphertext.equals(sealed.ciphertext)).toBe(false);
  });

  it('does not open for anybody or anything else', () => {
    expect(open({ recipientPrivateKey: generatePrivateKey('X25519') })).toBe('DECRYPTION_FAILED');
    expect(open({ info: 'portcullis/v1/other' })).toBe('DECRYPTION_FAILED');
    expect(open({ aad: Buffer.from('{"org":"y"}') })).toBe('DECRYPTION_FAILED');
    expect(open({ ciphertext: sealed.ciphertext.subarray(0, 15) })).toBe('DECRYPTION_FAILED');
    expect(open({ enc: Buffer.alloc(31) })).toBe('DECRYPTION_FAILED');
    expect(open({ enc: Buffer.alloc(32) })).toBe('DECRYPTION_FAILED');
    for (const ciphertext of bitFlips(sealed.ciphertext))
      expect(open({ ciphertext })).toBe('DECRYPTION_FAILED');
    // The last bit of an X25519 key is ignored by the curve (RFC 7748): here it is part of the key schedule.
    for (const enc of bitFlips(sealed.enc)) expect(open({ enc })).toBe('DECRYPTION_FAILED');
  });

  it('can not be sealed to a point of small order', () => {
    expect(errorOf(() => hpkeSeal({ recipientPublicKey: Buffer.alloc(32), info, aad, plaintext }))).toBe(
      'INVALID_ARGUMENT',
    );
  });
});

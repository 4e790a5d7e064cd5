import fc from 'fast-check';
import { verifies } from '../../../../tools/verifies.js';
import { errorOf } from '../../test/expect-error.js';
import { bitFlips, hex, vectors } from '../../test/vectors.js';
import { b64u } from '../encoding/base64url.js';
import { privateKeyFromRaw, rawPublicKey } from '../trust/raw-keys.js';
import { pad, unpad } from './padding.js';
import { generateReplyKey, replyKeyHash, replyKeyId } from './reply-key.js';
import { SealedChannel, type SealedContext } from './sealed-channel.js';
import { openMessage, sealMessage } from './sealed-message.js';

interface SealedVector {
  purpose: 'open';
  senderKid: string;
  senderPrivateKeyHex: string;
  recipientKid: string;
  recipientPrivateKeyHex: string;
  replyKeyHash: string;
  bindingHex: string;
  aadHex: string;
  saltHex: string;
  plaintext: string;
  messageHex: string;
}

const vault = generateReplyKey();
const reply = generateReplyKey();
const stranger = generateReplyKey();
const context: SealedContext = { purpose: 'open', binding: Buffer.alloc(64, 1), aad: Buffer.alloc(32, 2) };
const secret = Buffer.from('{"token":"xoxb-not-a-real-token"}');
const message = sealMessage({ ...context, sender: vault, recipient: reply, plaintext: secret });
const open = (change: Partial<Parameters<typeof openMessage>[0]> = {}): string =>
  errorOf(() => openMessage({ ...context, sender: vault, recipient: reply, message, ...change }));

describe('a sealed message', () => {
  verifies('B3');

  it('opens for its recipient, through a kept channel as well', () => {
    expect(
      openMessage({ ...context, sender: vault, recipient: reply, message })
        .reveal()
        .equals(secret),
    ).toBe(true);
    const there = new SealedChannel(vault, reply);
    const back = new SealedChannel(reply, vault);
    for (const text of ['', 'a', 'x'.repeat(1000)]) {
      expect(back.open(context, there.seal(context, Buffer.from(text))).revealText()).toBe(text);
      expect(there.open(context, back.seal(context, Buffer.from(text))).revealText()).toBe(text);
    }
  });

  it('shows nothing of its content to whoever carries it, and is never the same twice', () => {
    expect(message.includes('xoxb')).toBe(false);
    const again = sealMessage({ ...context, sender: vault, recipient: reply, plaintext: secret });
    expect(again.subarray(0, 32).equals(message.subarray(0, 32))).toBe(false);
    expect(again.subarray(32).equals(message.subarray(32))).toBe(false);
  });

  it('does not open after any single bit has changed', () => {
    const channel = new SealedChannel(reply, vault);
    for (const broken of bitFlips(message)) {
      expect(errorOf(() => channel.open(context, broken))).toBe('DECRYPTION_FAILED');
    }
  });

  it.each<[string, Partial<Parameters<typeof openMessage>[0]>]>([
    ['another recipient', { recipient: { ...stranger, kid: reply.kid } }],
    ['another sender', { sender: { ...stranger, kid: vault.kid } }],
    ['another name of the recipient', { recipient: { ...reply, kid: stranger.kid } }],
    ['another name of the sender', { sender: { ...vault, kid: stranger.kid } }],
    ['another purpose', { purpose: 'api-key' }],
    ['another grant or receipt', { binding: Buffer.alloc(64, 9) }],
    ['half the binding', { binding: Buffer.alloc(32, 1) }],
    ['another aad', { aad: Buffer.alloc(32, 9) }],
    ['no aad', { aad: Buffer.alloc(0) }],
    ['a cut message', { message: message.subarray(0, -1) }],
    ['a longer message', { message: Buffer.concat([message, Buffer.of(0)]) }],
    ['an empty message', { message: Buffer.alloc(0) }],
    ['the other direction', { sender: reply, recipient: vault }],
  ])('does not open with %s', (_name, change) => {
    expect(open(change)).toBe('DECRYPTION_FAILED');
  });

  it('sent back to its sender does not open: the direction is part of the key', () => {
    expect(open({ sender: { kid: reply.kid, publicKey: reply.publicKey }, recipient: vault })).toBe(
      'DECRYPTION_FAILED',
    );
  });

  it('tells its length to 256 bytes only', () => {
    const channel = new SealedChannel(vault, reply);
    const size = (length: number): number => channel.seal(context, Buffer.alloc(length, 1)).byteLength;
    expect(size(0)).toBe(32 + 256 + 16);
    expect(size(252)).toBe(size(0));
    expect(size(253)).toBe(size(0) + 256);
  });

  it('needs two keys and a full binding', () => {
    expect(errorOf(() => new SealedChannel(vault, { ...reply, kid: vault.kid }))).toBe('INVALID_ARGUMENT');
    expect(errorOf(() => new SealedChannel(vault, { kid: 'x', publicKey: Buffer.alloc(32) }))).toBe(
      'INVALID_ARGUMENT',
    );
    expect(open({ binding: Buffer.alloc(10) })).toBe('INVALID_ARGUMENT');
  });

  it('can not be opened through a channel that has been wiped', () => {
    const channel = new SealedChannel(reply, vault);
    channel.wipe();
    expect(errorOf(() => channel.open(context, message))).toBe('DECRYPTION_FAILED');
  });

  it('is as published', () => {
    const v = vectors<SealedVector>('sealed-message');
    const sender = { kid: v.senderKid, privateKey: privateKeyFromRaw('X25519', hex(v.senderPrivateKeyHex)) };
    const recipient = {
      kid: v.recipientKid,
      privateKey: privateKeyFromRaw('X25519', hex(v.recipientPrivateKeyHex)),
    };
    const publicKey = rawPublicKey(recipient.privateKey);
    const bound: SealedContext = { purpose: v.purpose, binding: hex(v.bindingHex), aad: hex(v.aadHex) };
    expect(replyKeyId(publicKey)).toBe(v.recipientKid);
    expect(replyKeyHash(publicKey)).toBe(v.replyKeyHash);
    const there = new SealedChannel(sender, { kid: v.recipientKid, publicKey });
    expect(there.sealWithSalt(bound, Buffer.from(v.plaintext), hex(v.saltHex)).toString('hex')).toBe(
      v.messageHex,
    );
    const back = new SealedChannel(recipient, {
      kid: v.senderKid,
      publicKey: rawPublicKey(sender.privateKey),
    });
    expect(back.open(bound, hex(v.messageHex)).revealText()).toBe(v.plaintext);
  });
});

describe('reply keys', () => {
  it('are new each time, and named by their public half', () => {
    expect(generateReplyKey().kid).not.toBe(generateReplyKey().kid);
    expect(reply.kid).toBe(replyKeyId(reply.publicKey));
    expect(replyKeyHash(reply.publicKey)).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(replyKeyHash(reply.publicKey)).not.toBe(b64u(reply.publicKey));
  });
});

describe('padding', () => {
  it('comes back equal and has one form only', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.nat(), (bytes, at) => {
        const padded = pad(bytes);
        expect(padded.byteLength % 256).toBe(0);
        expect(unpad(padded).equals(bytes)).toBe(true);
        const tail = 4 + bytes.byteLength;
        if (tail < padded.byteLength) {
          padded[tail + (at % (padded.byteLength - tail))] = 1;
          expect(errorOf(() => unpad(padded))).toBe('DECRYPTION_FAILED');
        }
      }),
    );
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['less than a block', Buffer.alloc(255)],
    ['a length beyond the end', Buffer.from('ffffffff'.padEnd(512, '0'), 'hex')],
    ['a block too many', Buffer.alloc(512)],
  ])('refuses %s', (_name, bytes) => {
    expect(errorOf(() => unpad(bytes))).toBe('DECRYPTION_FAILED');
  });
});

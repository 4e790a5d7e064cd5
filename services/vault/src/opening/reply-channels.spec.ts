import { b64u, generateReplyKey, SealedChannel } from '@portcullis/contracts';
import { testTrust } from '@portcullis/platform/testing';
import { ReplyChannels } from './reply-channels.js';

const trust = testTrust();
afterAll(() => trust.clean());

describe('channels to reply keys', () => {
  const context = { purpose: 'open' as const, binding: Buffer.alloc(64, 1), aad: Buffer.alloc(32, 2) };
  const sealKey = trust.keyring('gateway').sealKeyOf('vault');

  it('are kept for two minutes and end at the holder of the reply key', () => {
    let now = 0;
    const channels = new ReplyChannels(trust.keyring('vault'), () => now);
    const replyKey = generateReplyKey();
    const first = channels.to(b64u(replyKey.publicKey));
    now = 119_999;
    expect(channels.to(b64u(replyKey.publicKey))).toBe(first);
    const opened = new SealedChannel(replyKey, sealKey).open(
      context,
      first.seal(context, Buffer.from('value')),
    );
    expect(opened.revealText()).toBe('value');
    now = 120_000;
    expect(channels.to(b64u(replyKey.publicKey))).not.toBe(first);
  });

  it('are bounded: the oldest goes when there are too many, and is of no use any more', () => {
    const channels = new ReplyChannels(trust.keyring('vault'), () => 0);
    const replyKey = generateReplyKey();
    const first = channels.to(b64u(replyKey.publicKey));
    for (let i = 0; i < 256; i += 1) channels.to(b64u(generateReplyKey().publicKey));
    expect(channels.to(b64u(replyKey.publicKey))).not.toBe(first);
    const sealed = first.seal(context, Buffer.from('value'));
    expect(() => new SealedChannel(replyKey, sealKey).open(context, sealed)).toThrow(
      expect.objectContaining({ code: 'DECRYPTION_FAILED' }),
    );
  });

  it('are not made to what is no key', () => {
    const channels = new ReplyChannels(trust.keyring('vault'), () => 0);
    expect(() => channels.to(b64u(Buffer.alloc(32)))).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
  });
});

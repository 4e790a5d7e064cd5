import { createCipheriv, createDecipheriv, createPublicKey, randomBytes, webcrypto } from 'node:crypto';
import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import {
  generateReplyKey,
  hpkeOpen,
  hpkeSeal,
  newId,
  openEnvelope,
  openMessage,
  SealedChannel,
  sealEnvelope,
  sealMessage,
  secretAad,
} from '@portcullis/contracts';

const ids = Object.fromEntries(['org', 'srv', 'owner', 'secret', 'ownerKey'].map((name) => [name, newId()]));

/** One credential of 64 bytes from the vault to the gateway: sealed there, opened here. */
export function sealing() {
  const plaintext = randomBytes(64);
  const context = { purpose: 'open', binding: randomBytes(64), aad: randomBytes(120) };
  const [vault, gateway] = [generateReplyKey(), generateReplyKey()];
  const [there, here] = [new SealedChannel(vault, gateway), new SealedChannel(gateway, vault)];
  const hpke = () => {
    const parts = { info: 'portcullis/v1/put', aad: context.aad };
    const sealed = hpkeSeal({ ...parts, recipientPublicKey: gateway.publicKey, plaintext });
    return hpkeOpen({ ...parts, ...sealed, recipientPrivateKey: gateway.privateKey });
  };
  return [
    {
      metric: 'sealed message: seal and open, kept channel / RFC 9180 HPKE (ours)',
      goal: '< 1 ×',
      subject: () => here.open(context, there.seal(context, plaintext)),
      baseline: hpke,
    },
    {
      metric: 'sealed message: seal and open, new channels / RFC 9180 HPKE (ours)',
      goal: '< 1 ×',
      subject: () => {
        const sealed = sealMessage({ ...context, sender: vault, recipient: gateway, plaintext });
        return openMessage({ ...context, sender: vault, recipient: gateway, message: sealed });
      },
      baseline: hpke,
    },
    {
      metric: 'RFC 9180 HPKE (ours): seal and open / @hpke/core',
      goal: '< 1 ×',
      subject: hpke,
      baseline: publicHpke(gateway, context.aad, plaintext),
    },
  ];
}

function publicHpke(recipient, aad, plaintext) {
  const suite = new CipherSuite({
    kem: new DhkemX25519HkdfSha256(),
    kdf: new HkdfSha256(),
    aead: new Aes256Gcm(),
  });
  const info = Buffer.from('portcullis/v1/put');
  const webKey = (key, usages) =>
    webcrypto.subtle.importKey('jwk', key.export({ format: 'jwk' }), { name: 'X25519' }, true, usages);
  const keys = Promise.all([
    webKey(createPublicKey(recipient.privateKey), []),
    webKey(recipient.privateKey, ['deriveBits']),
  ]);
  return async () => {
    const [recipientPublicKey, recipientKey] = await keys;
    const { enc, ct } = await suite.seal({ recipientPublicKey, info }, plaintext, aad);
    return suite.open({ recipientKey, enc, info }, ct, aad);
  };
}

/** A stored credential of 2 KB: fresh data key, wrapped under the owner's key, committed to, bound to its record. */
export function envelopes() {
  const place = { org: ids.org, secretId: ids.secret, recordVersion: 1 };
  const who = { purpose: 'credential', ownerKind: 'user', owner: ids.owner, srv: ids.srv, slot: 'token' };
  const aad = secretAad({ ...place, ...who, dst: 'https://mcp.slack.example' });
  const [ownerKey, plaintext] = [randomBytes(32), randomBytes(2048)];
  const own = { ownerKey, ownerKeyId: ids.ownerKey, ownerKeyVersion: 1 };
  return [
    {
      metric: 'envelope of 2 KB: seal and open / bare AES-256-GCM',
      subject: () => {
        const envelope = sealEnvelope({ ...place, ...own, aad, plaintext });
        return openEnvelope({ ...place, aad, ownerKey, envelope });
      },
      baseline: () => {
        const iv = randomBytes(12);
        const cipher = createCipheriv('aes-256-gcm', ownerKey, iv).setAAD(aad);
        const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
        const decipher = createDecipheriv('aes-256-gcm', ownerKey, iv).setAAD(aad);
        decipher.setAuthTag(cipher.getAuthTag());
        return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
      },
    },
  ];
}

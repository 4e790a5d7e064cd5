// The primitives of an envelope of version 1 and nothing else: the same HMACs, ciphers and random bytes as seal and open
// need, with no object, no check and no wiping around them.
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';

const INFO = Buffer.from('pc/wrap/v1');
const [ENC, COM] = [Buffer.from('pc/enc/v1'), Buffer.from('pc/com/v1')];
const FIRST_BLOCK = Uint8Array.of(1);

export function bareSeal({ aad, dekAad, ownerKey, plaintext }) {
  const [dek, salt, iv, wrapSalt, wrapIv] = [32, 32, 12, 32, 12].map((size) => randomBytes(size));
  const { kEnc, com } = recordKeys(dek, salt, aad);
  const cipher = createCipheriv('aes-256-gcm', kEnc, iv).setAAD(aad);
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  const kek = Buffer.from(hkdfSync('sha256', ownerKey, wrapSalt, INFO, 32));
  const wrapping = createCipheriv('aes-256-gcm', kek, wrapIv).setAAD(dekAad);
  const wrapped = Buffer.concat([wrapping.update(dek), wrapping.final()]);
  return {
    ...{ salt, iv, com, ciphertext, tag: cipher.getAuthTag() },
    ...{ wrapSalt, wrapIv, wrapped, wrapTag: wrapping.getAuthTag() },
  };
}

export function bareOpen({ aad, dekAad, ownerKey }, sealed) {
  const kek = Buffer.from(hkdfSync('sha256', ownerKey, sealed.wrapSalt, INFO, 32));
  const dek = decrypted(kek, dekAad, { iv: sealed.wrapIv, ciphertext: sealed.wrapped, tag: sealed.wrapTag });
  const { kEnc, com } = recordKeys(dek, sealed.salt, aad);
  if (!timingSafeEqual(com, sealed.com)) throw new Error('not the same');
  return decrypted(kEnc, aad, sealed);
}

function decrypted(key, aad, { iv, ciphertext, tag }) {
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: 16 }).setAAD(aad);
  decipher.setAuthTag(tag);
  return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
}

function recordKeys(dek, salt, aad) {
  const prk = createHmac('sha256', salt).update(dek).digest();
  const context = createHash('sha256').update(aad).digest();
  const expand = (label) =>
    createHmac('sha256', prk).update(label).update(context).update(FIRST_BLOCK).digest();
  return { kEnc: expand(ENC), com: expand(COM) };
}

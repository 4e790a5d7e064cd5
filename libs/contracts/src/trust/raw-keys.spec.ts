import { generateKeyPairSync } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { privateKeyFromRaw, publicKeyFromRaw, rawPrivateKey, rawPublicKey } from './raw-keys.js';

it.each(['X25519', 'Ed25519'] as const)('gives the last 32 bytes of the DER of a key of %s', (curve) => {
  for (let times = 0; times < 50; times += 1) {
    const { privateKey, publicKey } =
      curve === 'X25519' ? generateKeyPairSync('x25519') : generateKeyPairSync('ed25519');
    const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
    expect(rawPublicKey(publicKey)).toEqual(raw);
    expect(rawPublicKey(privateKey)).toEqual(raw);
    expect(rawPublicKey(publicKeyFromRaw(curve, raw))).toEqual(raw);
    expect(rawPublicKey(privateKeyFromRaw(curve, rawPrivateKey(privateKey)))).toEqual(raw);
  }
});

it('refuses keys of other kinds and other lengths', () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  expect(() => rawPublicKey(publicKey)).toThrow('32 bytes');
  expect(() => publicKeyFromRaw('X25519', new Uint8Array(31))).toThrow('32 bytes');
});

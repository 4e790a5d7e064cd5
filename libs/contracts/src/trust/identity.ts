import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { b64u, fromB64u } from '../encoding/base64url.js';
import { deterministicId, ulidSchema } from '../encoding/ids.js';
import { rawPrivateKey, rawPublicKey, type Curve } from './raw-keys.js';

export const SERVICE_NAMES = ['gateway', 'control', 'vault', 'policy', 'audit', 'sandbox'] as const;
export const serviceNameSchema = z.enum(SERVICE_NAMES);
export type ServiceName = z.infer<typeof serviceNameSchema>;

/** mac: pairwise authentication; seal: confidentiality; sign: signatures that strangers verify. One key, one use. */
export const KEY_USES = ['mac', 'seal', 'sign'] as const;
export type KeyUse = (typeof KEY_USES)[number];

const CURVE_OF_USE = { mac: 'X25519', seal: 'X25519', sign: 'Ed25519' } as const satisfies Record<
  KeyUse,
  Curve
>;

const rawKeySchema = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'must be 32 bytes in base64url');
const timeSchema = z.iso.datetime({ precision: 3 });

const keyFields = {
  /** Derived from service, use and public key: it can't be claimed for another key. */
  kid: ulidSchema,
  use: z.enum(KEY_USES),
  alg: z.enum(['X25519', 'Ed25519']),
  publicKey: rawKeySchema,
  /** Valid from `notBefore` up to, and not including, `notAfter`. */
  notBefore: timeSchema,
  notAfter: timeSchema,
};

/** The public half of a service's key, as the trust bundle lists it. */
export const trustedKeySchema = z.strictObject({ ...keyFields, service: serviceNameSchema });
export type TrustedKey = z.infer<typeof trustedKeySchema>;

/** A service's own keys: stored as JSON with mode 0600. `privateKey` is the raw 32 bytes in base64url. */
export const serviceIdentitySchema = z.strictObject({
  version: z.literal(1),
  service: serviceNameSchema,
  /** Several per use while keys are rotated; the newest valid one is used, the others are still accepted. */
  keys: z.array(z.strictObject({ ...keyFields, privateKey: rawKeySchema })).min(1),
});
export type ServiceIdentity = z.infer<typeof serviceIdentitySchema>;

export interface Validity {
  notBefore: Date;
  notAfter: Date;
}

/** Id of a key: SHA-256 over what it is, so that two uses of one key have two ids. */
export function keyId(service: ServiceName, use: KeyUse, publicKey: Uint8Array): string {
  return deterministicId('portcullis/v1/kid', service, use, publicKey);
}

/** New keys of a service, one per use. Merge `identity.keys` into the existing identity to rotate. */
export function generateIdentity(
  service: ServiceName,
  validity: Validity,
): { identity: ServiceIdentity; publicKeys: TrustedKey[] } {
  const keys = KEY_USES.map((use) => identityKey(service, use, validity));
  const publicKeys = keys.map(({ privateKey: _private, ...key }) => ({ ...key, service }));
  return { identity: { version: 1, service, keys }, publicKeys };
}

function identityKey(service: ServiceName, use: KeyUse, validity: Validity): ServiceIdentity['keys'][number] {
  const alg = CURVE_OF_USE[use];
  const privateKey = generatePrivateKey(alg);
  const publicKey = rawPublicKey(privateKey);
  return {
    kid: keyId(service, use, publicKey),
    use,
    alg,
    publicKey: b64u(publicKey),
    privateKey: b64u(rawPrivateKey(privateKey)),
    notBefore: validity.notBefore.toISOString(),
    notAfter: validity.notAfter.toISOString(),
  };
}

export function generatePrivateKey(curve: Curve): KeyObject {
  // The typings of node:crypto have one overload per curve.
  return curve === 'X25519'
    ? generateKeyPairSync('x25519').privateKey
    : generateKeyPairSync('ed25519').privateKey;
}

/** Why this key may not be trusted, or null. Its id must be its own and its curve that of its use. */
export function faultOfKey(
  key: Pick<TrustedKey, 'kid' | 'service' | 'use' | 'alg' | 'publicKey'> & TimeSpan,
): string | null {
  if (key.alg !== CURVE_OF_USE[key.use]) return `key ${key.kid} has the wrong algorithm for its use`;
  if (keyId(key.service, key.use, fromB64u(key.publicKey)) !== key.kid)
    return `key ${key.kid} has an id that is not its own`;
  if (!(Date.parse(key.notBefore) < Date.parse(key.notAfter))) return `key ${key.kid} is never valid`;
  return null;
}

interface TimeSpan {
  notBefore: string;
  notAfter: string;
}

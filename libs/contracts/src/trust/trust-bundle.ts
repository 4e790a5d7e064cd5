import { createPublicKey, sign, verify } from 'node:crypto';
import { z } from 'zod';
import { b64u, fromB64u } from '../encoding/base64url.js';
import { canonicalBytes } from '../encoding/canonical-json.js';
import { parseIJson } from '../encoding/i-json.js';
import { AppError } from '../errors/app-error.js';
import {
  faultOfKey,
  generatePrivateKey,
  trustedKeySchema,
  type TrustedKey,
  type Validity,
} from './identity.js';
import { privateKeyFromRaw, publicKeyFromRaw, rawPrivateKey, rawPublicKey } from './raw-keys.js';

/** Keeps a bundle's signature from being taken for any other statement of the root. */
const CONTEXT = Buffer.from('portcullis/v1/trust-bundle\0', 'utf8');

export const trustBundleSchema = z.strictObject({
  version: z.literal(1),
  /** Name of the installation: a bundle of another one is refused by its root already. */
  installation: z.string().min(1).max(200),
  issuedAt: z.iso.datetime({ precision: 3 }),
  /** From then on the bundle is refused as a whole. */
  notAfter: z.iso.datetime({ precision: 3 }),
  keys: z.array(trustedKeySchema).min(1).max(1000),
});
export type TrustBundle = z.infer<typeof trustBundleSchema>;

/** `payload`: canonical JSON of the bundle, base64url; `root`: raw Ed25519 public key; `signature`: Ed25519. */
export const signedTrustBundleSchema = z.strictObject({
  payload: z.string().max(1_000_000),
  root: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  signature: z.string().regex(/^[A-Za-z0-9_-]{86}$/),
});
export type SignedTrustBundle = z.infer<typeof signedTrustBundleSchema>;

/** The installation's root: the private half signs trust bundles and is kept offline, the public half is pinned. */
export function generateInstallationRoot(): { publicKey: string; privateKey: string } {
  const key = generatePrivateKey('Ed25519');
  return { publicKey: b64u(rawPublicKey(key)), privateKey: b64u(rawPrivateKey(key)) };
}

/**
 * Signs the list of keys. Without `validity` the bundle is valid from its first key's `notBefore` until the last key
 * has ended.
 *
 * @param rootPrivateKey raw Ed25519 seed, base64url.
 * @throws AppError `INVALID_ARGUMENT` for keys that {@link openTrustBundle} would refuse.
 */
export function signTrustBundle(
  keys: TrustedKey[],
  installation: string,
  rootPrivateKey: string,
  validity: Validity = spanOf(keys),
): SignedTrustBundle {
  const bundle = trustBundleSchema.parse({
    version: 1,
    installation,
    issuedAt: validity.notBefore.toISOString(),
    notAfter: validity.notAfter.toISOString(),
    keys,
  });
  const fault = faultOfKeys(bundle.keys);
  if (fault !== null) throw new AppError('INVALID_ARGUMENT', `The trust bundle can't be signed: ${fault}.`);
  const payload = canonicalBytes(bundle);
  const root = privateKeyFromRaw('Ed25519', fromB64u(rootPrivateKey));
  return {
    payload: b64u(payload),
    root: b64u(rawPublicKey(createPublicKey(root))),
    signature: b64u(sign(null, Buffer.concat([CONTEXT, payload]), root)),
  };
}

/**
 * Opens a bundle that one of the pinned roots has signed.
 *
 * @param rootPublicKeys raw Ed25519 public keys, base64url; several while the root itself is changed.
 * @throws AppError `UNAUTHENTICATED` with `details.reason` for an unknown root, a bad signature, a bundle that is
 * malformed or expired, a duplicate key id, a key of two uses or services.
 */
export function openTrustBundle(signed: SignedTrustBundle, rootPublicKeys: string[], now: Date): TrustBundle {
  if (!rootPublicKeys.includes(signed.root))
    throw refused('unknown_root', 'it is signed by a root that is not pinned');
  const payload = fromB64u(signed.payload);
  const root = publicKeyFromRaw('Ed25519', fromB64u(signed.root));
  if (!verify(null, Buffer.concat([CONTEXT, payload]), root, fromB64u(signed.signature))) {
    throw refused('bad_signature', 'its signature is wrong');
  }
  const parsed = trustBundleSchema.safeParse(parseIJson(payload));
  if (!parsed.success) throw refused('malformed', 'it does not follow the format');
  const fault = faultOfKeys(parsed.data.keys);
  if (fault !== null) throw refused('bad_keys', fault);
  if (now.getTime() >= Date.parse(parsed.data.notAfter)) throw refused('expired', 'it has expired');
  return parsed.data;
}

function refused(reason: string, why: string): AppError {
  return new AppError('UNAUTHENTICATED', `The trust bundle is refused: ${why}.`, { details: { reason } });
}

function faultOfKeys(keys: TrustedKey[]): string | null {
  const kids = new Set<string>();
  const publicKeys = new Set<string>();
  for (const key of keys) {
    const fault = faultOfKey(key);
    if (fault !== null) return fault;
    if (kids.has(key.kid)) return `key id ${key.kid} is there twice`;
    if (publicKeys.has(key.publicKey)) return `the public key of ${key.kid} has two uses`;
    kids.add(key.kid);
    publicKeys.add(key.publicKey);
  }
  return null;
}

function spanOf(keys: TrustedKey[]): Validity {
  const times = keys.map((key) => ({ from: Date.parse(key.notBefore), to: Date.parse(key.notAfter) }));
  return {
    notBefore: new Date(Math.min(...times.map(({ from }) => from))),
    notAfter: new Date(Math.max(...times.map(({ to }) => to))),
  };
}

import type { KeyObject } from 'node:crypto';
import { b64u, fromB64u } from '../encoding/base64url.js';
import { AppError } from '../errors/app-error.js';
import {
  KEY_USES,
  type KeyUse,
  type ServiceIdentity,
  type ServiceName,
  type TrustedKey,
} from './identity.js';
import { privateKeyFromRaw, publicKeyFromRaw, rawPublicKey } from './raw-keys.js';

/** A key of the trust bundle, imported; `privateKey` is there for the service's own keys only. */
export interface KeyEntry {
  kid: string;
  service: ServiceName;
  use: KeyUse;
  publicKey: KeyObject;
  privateKey: KeyObject | undefined;
  /** Milliseconds since the epoch: valid while `from ≤ now < until`. What the bundle says counts. */
  from: number;
  until: number;
}

/**
 * Joins bundle and identity. Own keys that the bundle does not list are left out: peers would not know them.
 *
 * @throws AppError `INVALID_ARGUMENT` if a use has no listed own key, or a private key does not belong to its public one.
 */
export function keyTable(identity: ServiceIdentity, keys: TrustedKey[]): Map<string, KeyEntry> {
  const privateKeys = new Map(identity.keys.map((key) => [key.kid, privateKeyOf(key)]));
  const table = new Map<string, KeyEntry>();
  for (const key of keys) {
    table.set(key.kid, {
      kid: key.kid,
      service: key.service,
      use: key.use,
      publicKey: publicKeyFromRaw(key.alg, fromB64u(key.publicKey)),
      privateKey: key.service === identity.service ? privateKeys.get(key.kid) : undefined,
      from: Date.parse(key.notBefore),
      until: Date.parse(key.notAfter),
    });
  }
  for (const use of KEY_USES) {
    if (![...table.values()].some((entry) => entry.privateKey !== undefined && entry.use === use)) {
      throw new AppError(
        'INVALID_ARGUMENT',
        `The trust bundle lists no ${use} key of this identity (${identity.service}).`,
      );
    }
  }
  return table;
}

function privateKeyOf(key: ServiceIdentity['keys'][number]): KeyObject {
  const privateKey = privateKeyFromRaw(key.alg, fromB64u(key.privateKey));
  if (b64u(rawPublicKey(privateKey)) !== key.publicKey) {
    throw new AppError(
      'INVALID_ARGUMENT',
      `The private key of ${key.kid} does not belong to its public key.`,
    );
  }
  return privateKey;
}

import { sign, verify, type KeyObject } from 'node:crypto';
import { AppError } from '../errors/app-error.js';
import type { KeyUse, ServiceIdentity, ServiceName } from './identity.js';
import { keyTable, type KeyEntry } from './key-table.js';
import { pairwiseKey } from './pairwise.js';
import type { TrustBundle } from './trust-bundle.js';

export interface Signed {
  service: ServiceName;
  kid: string;
  bytes: Uint8Array;
  signature: Uint8Array;
}

/**
 * The keys of one service: its own private ones and, by the trust bundle, the public ones of its peers. A key counts
 * only inside its time and for its one use; everything derived is derived once.
 *
 * Errors are AppError `UNAUTHENTICATED` with `details.reason` `unknown_key` or `key_not_valid`.
 */
export class Keyring {
  readonly self: ServiceName;
  private readonly table: ReadonlyMap<string, KeyEntry>;
  private readonly derived = new Map<string, KeyObject>();

  /** @throws AppError `INVALID_ARGUMENT` if the bundle does not list a key of this identity for each use. */
  constructor(
    identity: ServiceIdentity,
    bundle: TrustBundle,
    readonly clock: () => Date,
  ) {
    this.self = identity.service;
    this.table = keyTable(identity, bundle.keys);
  }

  /** Key for what this service tells the peer: `kid` is `<own kid>.<peer's kid>`. */
  pairwiseTo(peer: ServiceName): { kid: string; key: KeyObject } {
    const from = this.newest(this.self, 'mac');
    const to = this.newest(peer, 'mac');
    return { kid: `${from.kid}.${to.kid}`, key: this.derive(from, to) };
  }

  /** Key for what a peer told this service, and who that peer is, by the `kid` of its message. */
  pairwiseByKid(kid: string): { peer: ServiceName; key: KeyObject } {
    const dot = kid.indexOf('.');
    const from = this.valid(kid.slice(0, dot), 'mac');
    const to = this.own(kid.slice(dot + 1), 'mac');
    return { peer: from.service, key: this.derive(from, to) };
  }

  /** Own key that others seal to: the newest, or the one a message names. */
  sealKey(kid?: string): { kid: string; privateKey: KeyObject } {
    const entry = this.own(kid ?? this.newest(this.self, 'seal').kid, 'seal');
    return { kid: entry.kid, privateKey: entry.privateKey };
  }

  /** A peer's key to seal to: the newest, or the one a message names. */
  sealKeyOf(peer: ServiceName, kid?: string): { kid: string; publicKey: KeyObject } {
    const entry = kid === undefined ? this.newest(peer, 'seal') : this.valid(kid, 'seal');
    if (entry.service !== peer) throw refused('unknown_key', `The key is not one of ${peer}.`);
    return { kid: entry.kid, publicKey: entry.publicKey };
  }

  /** Ed25519. The bytes MUST begin with a context of their own: the same key signs several kinds of statement. */
  sign(bytes: Uint8Array): { kid: string; signature: Buffer } {
    const entry = this.own(this.newest(this.self, 'sign').kid, 'sign');
    return { kid: entry.kid, signature: sign(null, bytes, entry.privateKey) };
  }

  /** Whether the service's key made this signature and is valid now. Does not throw on what a stranger may send. */
  verifySignature(service: ServiceName, kid: string, bytes: Uint8Array, signature: Uint8Array): boolean {
    return this.verifySignatureAt({ service, kid, bytes, signature }, this.clock());
  }

  /** The same for a statement of the past: `at` MUST come from a source that the signer can't choose freely. */
  verifySignatureAt({ service, kid, bytes, signature }: Signed, at: Date): boolean {
    const entry = this.table.get(kid);
    if (entry === undefined || entry.service !== service || entry.use !== 'sign') return false;
    return isValidAt(entry, at) && verify(null, bytes, entry.publicKey, signature);
  }

  private derive(from: KeyEntry, to: KeyEntry): KeyObject {
    const name = `${from.kid}.${to.kid}`;
    const known = this.derived.get(name);
    if (known !== undefined) return known;
    const own = from.privateKey ?? to.privateKey;
    const peer = from.privateKey === undefined ? from : to;
    if (own === undefined || from.service === to.service) {
      throw new AppError('INVALID_ARGUMENT', 'A pairwise key joins this service with another one.');
    }
    const key = pairwiseKey(own, peer.publicKey, { from, to });
    this.derived.set(name, key);
    return key;
  }

  private newest(service: ServiceName, use: KeyUse): KeyEntry {
    const now = this.clock();
    let best: KeyEntry | undefined;
    for (const entry of this.table.values()) {
      if (entry.use !== use || entry.service !== service || !isValidAt(entry, now)) continue;
      if (service === this.self && entry.privateKey === undefined) continue;
      if (best === undefined || isNewer(entry, best)) best = entry;
    }
    if (best === undefined) throw refused('key_not_valid', `There is no valid ${use} key of ${service}.`);
    return best;
  }

  private own(kid: string, use: KeyUse): KeyEntry & { privateKey: KeyObject } {
    const entry = this.valid(kid, use);
    const { privateKey } = entry;
    if (privateKey === undefined)
      throw refused('unknown_key', `The message is for a key that ${this.self} does not have.`);
    return { ...entry, privateKey };
  }

  private valid(kid: string, use: KeyUse): KeyEntry {
    const entry = this.table.get(kid);
    if (entry === undefined || entry.use !== use)
      throw refused('unknown_key', 'The key is not in the trust bundle.');
    if (!isValidAt(entry, this.clock())) throw refused('key_not_valid', 'The key is not valid now.');
    return entry;
  }
}

const isValidAt = (entry: KeyEntry, at: Date): boolean =>
  entry.from <= at.getTime() && at.getTime() < entry.until;

/** Of two valid keys the one that began later is used, so a rotation takes effect at its `notBefore` everywhere. */
const isNewer = (a: KeyEntry, b: KeyEntry): boolean =>
  a.from > b.from || (a.from === b.from && a.kid > b.kid);

function refused(reason: string, message: string): AppError {
  return new AppError('UNAUTHENTICATED', message, { details: { reason } });
}

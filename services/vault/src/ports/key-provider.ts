import type { OwnerKind } from '@portcullis/contracts';

/** Which owner key is meant. Authenticated with the wrapped bytes: under any other context they don't open. */
export interface OwnerKeyContext {
  readonly org: string;
  readonly ownerKind: OwnerKind;
  readonly owner: string;
  readonly keyId: string;
  readonly version: number;
}

export interface WrappedOwnerKey {
  /** Id of the key that wrapped it: the only one that is tried. */
  readonly kekId: string;
  readonly bytes: Buffer;
}

/**
 * Wraps owner keys (32 bytes) under key-encryption keys that never are in the database.
 *
 * A caller may rely on:
 * - what `wrap` gave, `unwrap` opens as long as the provider still has the key named by `kekId`;
 * - only the primary key seals; every key that the provider has opens;
 * - a changed byte, another context or an unknown key is AppError `DECRYPTION_FAILED`; a provider that can't be
 *   reached, is throttled, or has lost or disabled the key is AppError `KEY_UNAVAILABLE`, within seconds;
 * - equal keys never give equal wrapped bytes.
 *
 * A provider MUST NOT keep the plaintext, retry with another key than the named one, or put key bytes into an error.
 * The caller owns what `unwrap` gives and wipes it.
 */
export interface KeyProvider {
  /** The key that seals now. */
  readonly primary: string;
  wrap(key: Uint8Array, context: OwnerKeyContext): Promise<WrappedOwnerKey>;
  unwrap(wrapped: WrappedOwnerKey, context: OwnerKeyContext): Promise<Buffer>;
}

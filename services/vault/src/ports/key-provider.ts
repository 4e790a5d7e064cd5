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
  /** Id of the key, and of its version where it has versions (`key-hierarchy/kek-id.ts`): the only one that is tried. */
  readonly kekId: string;
  readonly bytes: Buffer;
}

/** One version of a key-encryption key, or the key itself where it has none, as its service has it now. */
export interface KeyVersionStatus {
  readonly kekId: string;
  /** `wrap` gives this id now. */
  readonly seals: boolean;
  /** What carries this id can be unwrapped. */
  readonly opens: boolean;
}

/**
 * Wraps owner keys (32 bytes) under key-encryption keys that never are in the database.
 *
 * A caller may rely on:
 * - what `wrap` and `rewrap` gave, `unwrap` opens as long as the service keeps the key and version named by `kekId`;
 * - only the primary key seals, with the version that its service uses for sealing; every key that is configured opens;
 * - `kekId` is authenticated: bytes with the id of another key or another version don't open. What the database says of
 *   the versions that are in use is therefore true of every row that opens;
 * - a changed byte or another context is AppError `DECRYPTION_FAILED`; a service that can't be reached in time, is
 *   throttled or sealed, or has lost, disabled or retired the key or version, and a key that is not configured, are
 *   AppError `KEY_UNAVAILABLE`, whose `details.reason` says which. Nothing takes longer than the configured deadline;
 * - equal keys never give equal wrapped bytes;
 * - any method may be called any number of times at once; what exceeds the bounds is refused, not piled up.
 *
 * A provider MUST NOT keep the plaintext, retry with another key than the named one, or put key bytes, credentials of
 * its own or anything that a service says in free text into an error. The caller owns what `unwrap` gives and wipes it.
 */
export interface KeyProvider {
  /** The key that seals, without its version. */
  readonly reference: string;

  /**
   * The id that `wrap` gives from now on, asked of the service where the key has versions: after it, this provider seals with that version or a later
   * one. Another replica may go on with the version before for a minute.
   */
  primary(): Promise<string>;

  wrap(key: Uint8Array, context: OwnerKeyContext): Promise<WrappedOwnerKey>;

  unwrap(wrapped: WrappedOwnerKey, context: OwnerKeyContext): Promise<Buffer>;

  /**
   * The same owner key, wrapped anew under the primary key, whichever key wrapped it before. Between versions of one key
   * the service does it where it can (Vault, AWS), and the owner key does not come into this process; else it is
   * unwrapped, wrapped and wiped. It fails as `unwrap` and `wrap` do, and the old wrapping stays good.
   */
  rewrap(wrapped: WrappedOwnerKey, context: OwnerKeyContext): Promise<WrappedOwnerKey>;

  /**
   * Every key and version that is there, and what each may do now; asked of the services. At most one seals. A version that
   * is missing here does not open.
   */
  describe(): Promise<readonly KeyVersionStatus[]>;

  /** Rejects with AppError `KEY_UNAVAILABLE` unless the primary key seals and opens now, and the others could open. */
  check(): Promise<void>;

  /** Wipes what is held, ends sessions and connections. Nothing can be wrapped or unwrapped any more. */
  close(): Promise<void>;
}

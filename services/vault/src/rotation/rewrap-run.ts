import type { FactEntry } from '@portcullis/contracts';

/** Who asked for a change of keys, and by which recorded intent. */
export interface RequestedBy {
  /** The home organisation: the admin log that tells of it. */
  readonly org: string;
  readonly kind: FactEntry['actor']['kind'];
  readonly sub: string;
  readonly call: string;
  /** Record id of the intent. */
  readonly intent: string;
}

/** Where a rewrap goes on: after this owner key, in the order of the primary key. */
export interface RewrapCursor {
  readonly org: string;
  readonly keyId: string;
  readonly version: number;
}

/** Owner keys by the key-encryption key that wraps them. */
export type KeysByKek = Record<string, number>;

/** One rewrap: moving every owner key to the key that seals now for its organisation. */
export interface RewrapRun {
  readonly id: string;
  /** Id of the installation's key: what everything is to be wrapped by that has no key of its own organisation. */
  readonly target: string;
  readonly requestedBy: RequestedBy;
  readonly rowsPerSecond: number;
  readonly before: KeysByKek;
  readonly cursor: RewrapCursor;
  /** How often the whole table has been gone through, this time included. */
  readonly passes: number;
  readonly moved: number;
  /** Of this pass: what did not open, or whose organisation's key is away. */
  readonly failed: number;
  /** Of this pass: organisations that it went past, each with its reason. */
  readonly passedOver: Readonly<Record<string, string>>;
  /** What holds it up at the moment. */
  readonly problem: string | null;
  readonly startedAt: string;
}

export const START: RewrapCursor = { org: '', keyId: '', version: 0 };

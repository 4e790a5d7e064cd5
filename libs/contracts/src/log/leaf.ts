import { idBytes } from '../encoding/ids.js';
import { uint64be } from '../encoding/length-prefix.js';
import { sha256 } from '../encoding/sha256.js';
import { AppError } from '../errors/app-error.js';

const LEAF_VERSION = Uint8Array.of(0x01);
/** Domain separation of RFC 6962 section 2.1. */
const LEAF_PREFIX = Uint8Array.of(0x00);
const NODE_PREFIX = Uint8Array.of(0x01);

export interface Leaf {
  recordId: string;
  /** Microseconds since the epoch; never decreases within a log. */
  sealedAtMicros: bigint;
  /** {@link recordHash}, 32 bytes. */
  dataHash: Uint8Array;
}

/** SHA-256 of a record's canonical (RFC 8785) bytes. */
export function recordHash(data: Uint8Array): Buffer {
  return sha256(data);
}

/** `0x01 ‖ recordId16 ‖ uint64 sealedAt µs ‖ SHA-256(data)`: 57 bytes. */
export function leafBytes({ recordId, sealedAtMicros, dataHash }: Leaf): Buffer {
  requireHash(dataHash);
  return Buffer.concat([LEAF_VERSION, idBytes(recordId), uint64be(sealedAtMicros), dataHash]);
}

/** RFC 6962: SHA-256(0x00 ‖ leaf). */
export function leafHash(leaf: Uint8Array): Buffer {
  return sha256(LEAF_PREFIX, leaf);
}

/** RFC 6962: SHA-256(0x01 ‖ left ‖ right). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  requireHash(left);
  requireHash(right);
  return sha256(NODE_PREFIX, left, right);
}

function requireHash(hash: Uint8Array): void {
  if (hash.byteLength !== 32) throw new AppError('INVALID_ARGUMENT', 'A hash has 32 bytes.');
}

import { isUtf8 } from 'node:buffer';
import { AppError } from '../errors/app-error.js';
import { view } from './base64url.js';
import type { JsonValue } from './canonical-json.js';
import { IJsonScanner } from './i-json-scanner.js';
import { isWellFormed } from './well-formed.js';

export interface IJsonLimits {
  /** Bytes of UTF-8; default 1 MiB. More is AppError `PAYLOAD_TOO_LARGE`. */
  maxBytes?: number;
  /** Nested containers; default 64, at most 512. */
  maxDepth?: number;
  /** Values, containers included; default 100,000. */
  maxNodes?: number;
}

const DEFAULTS = { maxBytes: 1_048_576, maxDepth: 64, maxNodes: 100_000 };
/** The scanner recurses; this keeps it far from the end of the stack whatever a caller configures. */
const DEPTH_CAP = 512;

/**
 * Parses I-JSON (RFC 7493), strictly: one text has one meaning for every reader. The value is made by the engine's own
 * parser; one pass over the text and the value finds what that parser forgives, and only a refused text is scanned
 * again, slowly, to say what is wrong and where.
 *
 * @throws AppError `INVALID_ARGUMENT` with `details: {reason, offset, pointer}` (offset in bytes of UTF-8) for anything
 * that is not JSON, invalid UTF-8 or a byte-order mark, a duplicate key, a `__proto__` key, a lone surrogate, a number
 * beyond ±(2^53−1) or one that underflows to zero, too deep nesting, too many values; `PAYLOAD_TOO_LARGE` by size.
 */
export function parseIJson(input: Uint8Array | string, limits: IJsonLimits = {}): JsonValue {
  const maxBytes = limits.maxBytes ?? DEFAULTS.maxBytes;
  const maxDepth = Math.min(limits.maxDepth ?? DEFAULTS.maxDepth, DEPTH_CAP);
  const maxNodes = limits.maxNodes ?? DEFAULTS.maxNodes;
  const text = decode(input, maxBytes);
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch (cause) {
    return refuse(text, maxDepth, maxNodes, cause);
  }
  const tally: Tally = { nodes: maxNodes, members: 0, surrogates: text.includes('\\u'), zero: false };
  if (!isSound(value, maxDepth, tally) || countMembers(text) !== tally.members)
    refuse(text, maxDepth, maxNodes);
  // A tiny number becomes zero in silence: rare enough to leave to the slow pass.
  if (tally.zero && MAY_UNDERFLOW.test(text)) new IJsonScanner(text, maxDepth, maxNodes).scan();
  return value;
}

const MAY_UNDERFLOW = /[eE]-|0{100}/;

interface Tally {
  /** Values that are still allowed. */
  nodes: number;
  members: number;
  /** Whether a string can hold a lone surrogate at all: the text itself is well formed, so only by an escape. */
  surrogates: boolean;
  zero: boolean;
}

function decode(input: Uint8Array | string, maxBytes: number): string {
  const size = typeof input === 'string' ? Buffer.byteLength(input, 'utf8') : input.byteLength;
  if (size > maxBytes) {
    throw new AppError('PAYLOAD_TOO_LARGE', `The JSON text has ${size} bytes; ${maxBytes} are allowed.`, {
      details: { bytes: size, limit: maxBytes },
    });
  }
  const valid = typeof input === 'string' ? isWellFormed(input) : isUtf8(input);
  if (!valid) {
    throw new AppError('INVALID_ARGUMENT', 'The JSON text is not valid UTF-8.', {
      details: { reason: 'invalid_utf8' },
    });
  }
  return typeof input === 'string' ? input : view(input).toString('utf8');
}

/** Scans for the reason. Fails closed: text that one of the two readers refuses is refused. */
function refuse(text: string, maxDepth: number, maxNodes: number, cause?: unknown): never {
  new IJsonScanner(text, maxDepth, maxNodes).scan();
  throw new AppError('INVALID_ARGUMENT', 'The text is not I-JSON.', {
    cause,
    details: { reason: 'not_i_json' },
  });
}

function isSound(value: JsonValue, depth: number, tally: Tally): boolean {
  tally.nodes -= 1;
  if (tally.nodes < 0) return false;
  switch (typeof value) {
    case 'string':
      return !tally.surrogates || isWellFormed(value);
    case 'number':
      if (value === 0) tally.zero = true;
      return value <= Number.MAX_SAFE_INTEGER && value >= -Number.MAX_SAFE_INTEGER;
    case 'object':
      return value === null || isSoundContainer(value, depth - 1, tally);
    default:
      return true;
  }
}

function isSoundContainer(
  value: JsonValue[] | { [key: string]: JsonValue },
  depth: number,
  tally: Tally,
): boolean {
  if (depth < 0) return false;
  if (Array.isArray(value)) {
    for (const item of value) if (!isSound(item, depth, tally)) return false;
    return true;
  }
  for (const key of Object.keys(value)) {
    tally.members += 1;
    if (key === '__proto__' || (tally.surrogates && !isWellFormed(key))) return false;
    if (!isSound(value[key] as JsonValue, depth, tally)) return false;
  }
  return true;
}

const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;

/**
 * Members as written: the colons outside strings of a text that is known to be JSON. A duplicate key collapses in the
 * value, so the value then has fewer members than the text.
 */
function countMembers(text: string): number {
  let members = 0;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit === COLON) members += 1;
    else if (unit === QUOTE) i = closingQuote(text, i);
  }
  return members;
}

function closingQuote(text: string, opening: number): number {
  let i = opening + 1;
  for (let unit = text.charCodeAt(i); unit !== QUOTE && i < text.length; unit = text.charCodeAt(i)) {
    i += unit === BACKSLASH ? 2 : 1;
  }
  return i;
}

import { conditionError } from './condition-error.js';
import { LIMITS } from './limits.js';

/** What a path found. `unknown` stands for arguments that are not known yet (listing tools). */
export type Found =
  | { kind: 'value'; value: unknown }
  | { kind: 'missing' }
  | { kind: 'mistyped'; at: string; type: string }
  | { kind: 'unknown' };

/** Stands in for arguments nobody has seen: every test on it is indeterminate, whatever the operator. */
export const UNKNOWN: unique symbol = Symbol('unknown');

/** `a.b.c`, or a JSON Pointer (RFC 6901) `/a/b.c` for keys that hold dots. */
export function parsePath(text: string, at: string): string[] {
  const segments = text.startsWith('/') ? parsePointer(text, at) : text.split('.');
  if (segments.length > LIMITS.pathSegments) throw conditionError(at, 'the path is too long');
  for (const segment of segments) {
    if (segment === '' || segment.length > LIMITS.operandLength)
      throw conditionError(at, 'a path segment is empty or too long');
  }
  return segments;
}

function parsePointer(text: string, at: string): string[] {
  if (/~(?![01])/.test(text)) throw conditionError(at, 'the JSON Pointer has a stray "~"');
  return text
    .slice(1)
    .split('/')
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The JSON type of a value, `array` and `null` told apart from `object`. */
export function jsonType(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

/** Walks own properties of plain objects only: no prototype, no array index, no string character is ever reached. */
export function find(root: unknown, path: readonly string[]): Found {
  let value: unknown = root;
  for (const [index, segment] of path.entries()) {
    if (value === UNKNOWN) return { kind: 'unknown' };
    if (value === null || typeof value !== 'object' || Array.isArray(value)) {
      return { kind: 'mistyped', at: path.slice(0, index).join('.'), type: jsonType(value) };
    }
    if (!Object.hasOwn(value, segment)) return { kind: 'missing' };
    value = (value as Record<string, unknown>)[segment];
  }
  if (value === UNKNOWN) return { kind: 'unknown' };
  return value === undefined ? { kind: 'missing' } : { kind: 'value', value };
}

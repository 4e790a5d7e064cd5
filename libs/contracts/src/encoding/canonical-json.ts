import canonicalize from 'canonicalize';
import { AppError } from '../errors/app-error.js';
import { isWellFormed } from './well-formed.js';

export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };

const MAX_DEPTH = 256;

/**
 * JSON in the one form of RFC 8785 (JCS).
 *
 * @throws AppError `INVALID_ARGUMENT` for what has no such form or would not come back equal: undefined, functions,
 * bigint, NaN and infinities, integers beyond ±(2^53−1), lone surrogates, sparse arrays, objects with `toJSON` or
 * that are not plain, symbols and `__proto__` as keys, cycles (nesting over 256).
 */
export function canonicalJson(value: unknown): string {
  check(value, 0);
  const text = canonicalize(value);
  if (text === undefined) throw refused('The value has no JSON form.');
  return text;
}

/** UTF-8 bytes of {@link canonicalJson}: what is hashed and signed. */
export function canonicalBytes(value: unknown): Buffer {
  return Buffer.from(canonicalJson(value), 'utf8');
}

const refused = (message: string): AppError => new AppError('INVALID_ARGUMENT', message);

function check(value: unknown, depth: number): void {
  switch (typeof value) {
    case 'boolean':
      return;
    case 'string':
      return checkText(value);
    case 'number':
      return checkNumber(value);
    case 'object':
      return value === null ? undefined : checkContainer(value, depth);
    default:
      throw refused(`A value of type ${typeof value} has no JSON form.`);
  }
}

function checkText(value: string): void {
  if (!isWellFormed(value)) throw refused('A string has a lone surrogate.');
}

function checkNumber(value: number): void {
  if (!Number.isFinite(value)) throw refused('A number is NaN or infinite.');
  if (Number.isInteger(value) && !Number.isSafeInteger(value))
    throw refused('An integer lies beyond 2^53 - 1.');
}

function checkContainer(value: object, depth: number): void {
  if (depth >= MAX_DEPTH) throw refused(`The value is nested more than ${MAX_DEPTH} deep, or has a cycle.`);
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i += 1) check(value[i], depth + 1);
    return;
  }
  checkPlain(value);
  for (const key of Object.keys(value)) {
    checkText(key);
    if (key === '__proto__') throw refused('The key "__proto__" is not allowed.');
    check((value as Record<string, unknown>)[key], depth + 1);
  }
}

function checkPlain(value: object): void {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null && !isForeignPlain(prototype)) {
    throw refused('Only plain objects have a canonical JSON form.');
  }
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function')
    throw refused('An object brings its own toJSON.');
  if (Object.getOwnPropertySymbols(value).length > 0) throw refused('An object has a symbol as key.');
}

/** `Object.prototype` of another realm (a vm context, a worker's structured clone): the end of the chain as well. */
function isForeignPlain(prototype: unknown): boolean {
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, 'hasOwnProperty');
}

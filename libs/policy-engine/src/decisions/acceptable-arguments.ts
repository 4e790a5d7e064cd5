const MAX_DEPTH = 64;
const MAX_VALUES = 50_000;
/** With the flag `u` a surrogate is matched only where it has no partner. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Arguments that mean the same to everybody (RFC 7493): an object or nothing, exact numbers, well-formed strings, no
 * `__proto__`, bounded depth and size. A transport that lost precision or keys is thereby refused, not guessed at; so are
 * dates, maps, boxed values, typed arrays and holes, which look empty here and become something else as JSON.
 */
export function acceptableArguments(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  if (typeof value !== 'object' || Array.isArray(value)) return false;
  const budget = { values: MAX_VALUES };
  return acceptable(value, 0, budget);
}

function acceptable(value: unknown, depth: number, budget: { values: number }): boolean {
  if (depth > MAX_DEPTH || --budget.values < 0) return false;
  if (value === null || typeof value !== 'object') return acceptableScalar(value);
  return Array.isArray(value)
    ? acceptableArray(value, depth + 1, budget)
    : isPlain(value) && acceptableObject(value as Record<string, unknown>, depth + 1, budget);
}

/** By index: `every` would pass over holes. */
function acceptableArray(value: readonly unknown[], depth: number, budget: { values: number }): boolean {
  for (let index = 0; index < value.length; index += 1) {
    if (!acceptable(value[index], depth, budget)) return false;
  }
  return true;
}

function acceptableObject(
  value: Record<string, unknown>,
  depth: number,
  budget: { values: number },
): boolean {
  for (const key of Object.keys(value)) {
    if (key === '__proto__' || !acceptableScalar(key) || !acceptable(value[key], depth, budget)) return false;
  }
  return true;
}

/** Made by a literal or a parser, of this realm or another one (a vm context, a worker). */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return true;
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, 'hasOwnProperty');
}

function acceptableScalar(value: unknown): boolean {
  if (typeof value === 'string') return !LONE_SURROGATE.test(value);
  if (typeof value === 'number') {
    return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
  }
  return value === null || typeof value === 'boolean';
}

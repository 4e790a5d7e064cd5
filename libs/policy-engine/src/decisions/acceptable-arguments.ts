const MAX_DEPTH = 64;
const MAX_VALUES = 50_000;
/** With the flag `u` a surrogate is matched only where it has no partner. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Arguments that mean the same to everybody (RFC 7493): an object or nothing, exact numbers, well-formed strings, no
 * `__proto__`, bounded depth and size. A transport that lost precision or keys is thereby refused, not guessed at.
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
  if (Array.isArray(value)) return value.every((item) => acceptable(item, depth + 1, budget));
  return Object.entries(value).every(
    ([key, item]) => key !== '__proto__' && acceptableScalar(key) && acceptable(item, depth + 1, budget),
  );
}

function acceptableScalar(value: unknown): boolean {
  if (typeof value === 'string') return !LONE_SURROGATE.test(value);
  if (typeof value === 'number') {
    return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
  }
  return value === null || typeof value === 'boolean';
}

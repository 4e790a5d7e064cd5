import { RE2JS } from 're2js';
import { conditionError } from './condition-error.js';
import { matchesGlob } from './glob.js';
import { LIMITS } from './limits.js';
import { inNetworks } from './networks.js';
import { jsonType } from './path.js';
import { compareInstant, duringHours } from './times.js';
import { fromBoolean, not, type Truth } from './truth.js';

type Scalar = string | number | boolean | null;
export type ValueTest = (value: unknown) => Truth;

/** Builds the test of one operator from its operand, or refuses the operand. `at` is for the error only. */
export type OperatorFactory = (operand: unknown, at: string) => ValueTest;

/** A number both sides of the wire agree about: finite, and exact if it is an integer (RFC 7493, section 2.2). */
const isExactNumber = (value: unknown): value is number =>
  typeof value === 'number' &&
  Number.isFinite(value) &&
  (!Number.isInteger(value) || Number.isSafeInteger(value));

function isScalar(value: unknown): value is Scalar {
  if (typeof value === 'number') return isExactNumber(value);
  if (typeof value === 'string') return value.length <= LIMITS.operandLength;
  return value === null || typeof value === 'boolean';
}

function scalar(operand: unknown, at: string): Scalar {
  if (!isScalar(operand))
    throw conditionError(at, 'the operand must be a string, exact number, boolean or null');
  return operand;
}

function scalars(operand: unknown, at: string): Scalar[] {
  if (!Array.isArray(operand) || operand.length === 0 || operand.length > LIMITS.list) {
    throw conditionError(at, `the operand must be a list of 1 to ${LIMITS.list} values`);
  }
  return operand.map((item, index) => scalar(item, `${at}/${index}`));
}

/** Comparable with exactly this operand: `5` and `"5"` are neither equal nor different, but a mistake. */
function sameType(value: unknown, operand: Scalar): boolean {
  if (typeof value === 'number' && !isExactNumber(value)) return false;
  return jsonType(value) === jsonType(operand);
}

/** Asking for null is a question any present value answers; otherwise types must agree. */
function equals(operand: Scalar): ValueTest {
  if (operand === null) return (value) => fromBoolean(value === null);
  return (value) => (sameType(value, operand) ? fromBoolean(value === operand) : 'indeterminate');
}

function oneOf(operands: readonly Scalar[]): ValueTest {
  const wanted = new Set<unknown>(operands);
  return (value) => {
    if (wanted.has(value) && isScalar(value)) return 'yes';
    return operands.some((operand) => sameType(value, operand)) ? 'no' : 'indeterminate';
  };
}

function compare(accept: (value: number, operand: number) => boolean): OperatorFactory {
  return (operand, at) => {
    if (!isExactNumber(operand)) throw conditionError(at, 'the operand must be an exact number');
    return (value) => (isExactNumber(value) ? fromBoolean(accept(value, operand)) : 'indeterminate');
  };
}

function onText(test: (text: string) => boolean): ValueTest {
  return (value) =>
    typeof value === 'string' && value.length <= LIMITS.subjectLength
      ? fromBoolean(test(value))
      : 'indeterminate';
}

function pattern(operand: unknown, at: string): string {
  if (typeof operand !== 'string' || operand.length === 0 || operand.length > LIMITS.patternLength) {
    throw conditionError(at, `the pattern must be a string of 1 to ${LIMITS.patternLength} characters`);
  }
  return operand;
}

/** Whole-string match on a linear-time engine (RE2 syntax: no back-references, no look-around). */
function matches(operand: unknown, at: string): ValueTest {
  const source = pattern(operand, at);
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(source);
  } catch {
    throw conditionError(at, 'the pattern is not valid RE2 syntax');
  }
  if (compiled.programSize() > LIMITS.programSize) throw conditionError(at, 'the pattern is too complex');
  return onText((text) => compiled.testExact(text));
}

function glob(operand: unknown, at: string): ValueTest {
  const source = pattern(operand, at);
  return onText((text) => matchesGlob(source, text));
}

const TYPES = ['string', 'number', 'boolean', 'null', 'array', 'object'];

function type(operand: unknown, at: string): ValueTest {
  if (typeof operand !== 'string' || !TYPES.includes(operand)) {
    throw conditionError(at, `the operand must be one of ${TYPES.join(', ')}`);
  }
  return (value) => fromBoolean(jsonType(value) === operand);
}

/** The object has no key but these. */
function only(operand: unknown, at: string): ValueTest {
  const keys = scalars(operand, at);
  if (!keys.every((key) => typeof key === 'string'))
    throw conditionError(at, 'the operand must be a list of names');
  const allowed = new Set<unknown>(keys);
  return (value) =>
    jsonType(value) === 'object'
      ? fromBoolean(Object.keys(value as object).every((key) => allowed.has(key)))
      : 'indeterminate';
}

/** The closed set of leaf operators. A Map, so that `constructor` or `__proto__` is not an operator. */
export const OPERATORS: ReadonlyMap<string, OperatorFactory> = new Map<string, OperatorFactory>([
  ['$eq', (operand, at) => equals(scalar(operand, at))],
  [
    '$ne',
    (operand, at) => {
      const equal = equals(scalar(operand, at));
      return (value) => not(equal(value));
    },
  ],
  ['$lt', compare((value, operand) => value < operand)],
  ['$lte', compare((value, operand) => value <= operand)],
  ['$gt', compare((value, operand) => value > operand)],
  ['$gte', compare((value, operand) => value >= operand)],
  ['$in', (operand, at) => oneOf(scalars(operand, at))],
  [
    '$nin',
    (operand, at) => {
      const among = oneOf(scalars(operand, at));
      return (value) => not(among(value));
    },
  ],
  ['$glob', glob],
  ['$matches', matches],
  ['$before', compareInstant((value, operand) => value < operand)],
  ['$after', compareInstant((value, operand) => value > operand)],
  ['$during', duringHours],
  ['$cidr', inNetworks],
  ['$type', type],
  ['$only', only],
]);

import type { Test } from '../conditions/node.js';
import { jsonType } from '../conditions/path.js';

export const JSON_TYPES: readonly string[] = ['string', 'number', 'boolean', 'null', 'array', 'object'];

const TEXT = ['string'];
const NUMBER = ['number'];

/** What each operator can be told of. Those whose operand decides are below. */
const FIXED: ReadonlyMap<string, readonly string[]> = new Map([
  ['$lt', NUMBER],
  ['$lte', NUMBER],
  ['$gt', NUMBER],
  ['$gte', NUMBER],
  ['$glob', TEXT],
  ['$matches', TEXT],
  ['$before', TEXT],
  ['$after', TEXT],
  ['$during', TEXT],
  ['$cidr', TEXT],
  ['$length', TEXT],
  ['$only', ['object']],
  ['$all', ['array']],
  ['$any', ['array']],
  ['$size', ['array']],
]);

/** JSON types of values that the operator says yes or no to; all where nobody knows. */
export function typesOfOperator(operator: string, operand: unknown): readonly string[] {
  const fixed = FIXED.get(operator);
  if (fixed !== undefined) return fixed;
  if (operator === '$eq' || operator === '$ne') return operand === null ? JSON_TYPES : [jsonType(operand)];
  if ((operator === '$in' || operator === '$nin') && Array.isArray(operand)) return operand.map(jsonType);
  return JSON_TYPES;
}

/** JSON types of values for which a test comes out so. */
export function typesOfTest({ operator, operand }: Test, truth: 'yes' | 'no'): readonly string[] {
  const isNull = operand === null && (operator === '$eq' || operator === '$ne');
  if (!isNull && operator !== '$type') return typesOfOperator(operator, operand);
  const type = isNull ? 'null' : operand;
  const isThat = (truth === 'yes') === (operator !== '$ne');
  return JSON_TYPES.filter((candidate) => (candidate === type) === isThat);
}

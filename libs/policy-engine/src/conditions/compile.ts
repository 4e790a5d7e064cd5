import { conditionError } from './condition-error.js';
import { LIMITS } from './limits.js';
import type { Node } from './node.js';
import { OPERATORS } from './operators.js';
import { parsePath } from './path.js';

/** Where a condition may look: what the call carries, who calls, from where. */
const ROOTS = ['arguments', 'principal', 'context'] as const;

/** JSON as an author writes it; {@link compileCondition} decides whether it is a condition. */
export type Condition = { [key: string]: unknown };

interface Place {
  at: string;
  depth: number;
  /** At the top only the roots and the logical operators make sense. */
  top: boolean;
  budget: { nodes: number };
}

const below = (place: Place, key: string, top = false): Place => ({
  at: `${place.at}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`,
  depth: place.depth + 1,
  top,
  budget: place.budget,
});

/**
 * Compiles a condition or throws `INVALID_ARGUMENT` with the place: unknown operators, empty lists, wrong operands, too
 * deep or too large are never loaded, so that no rule can silently mean nothing.
 */
export function compileCondition(condition: unknown): Node {
  return compileScope(condition, { at: '', depth: 0, top: true, budget: { nodes: 0 } });
}

function compileScope(condition: unknown, place: Place): Node {
  if (place.depth > LIMITS.depth) throw conditionError(place.at, 'nested too deeply');
  if (condition === null || typeof condition !== 'object' || Array.isArray(condition)) {
    throw conditionError(place.at, 'must be an object');
  }
  const keys = Object.keys(condition);
  if (keys.length === 0) throw conditionError(place.at, 'must not be empty');
  const nodes = keys.map((key) => compileEntry(key, (condition as Condition)[key], place));
  return nodes.length === 1 ? nodes[0]! : { kind: 'and', nodes };
}

function compileEntry(key: string, operand: unknown, place: Place): Node {
  if (++place.budget.nodes > LIMITS.nodes) throw conditionError(place.at, 'has too many parts');
  if (key === '$and' || key === '$or') return compileList(key, operand, below(place, key, place.top));
  if (key === '$not') return { kind: 'not', node: compileScope(operand, below(place, key, place.top)) };
  if (!key.startsWith('$')) return compilePath(key, operand, place);
  if (place.top) throw conditionError(place.at, `"${key}" needs a path such as "arguments.amount"`);
  return compileOperator(key, operand, below(place, key));
}

function compileList(key: '$and' | '$or', operand: unknown, place: Place): Node {
  if (!Array.isArray(operand) || operand.length === 0)
    throw conditionError(place.at, 'must be a list that is not empty');
  const nodes = operand.map((item, index) => compileScope(item, below(place, String(index), place.top)));
  return { kind: key === '$and' ? 'and' : 'or', nodes };
}

function compilePath(key: string, operand: unknown, place: Place): Node {
  const inside = below(place, key);
  const path = parsePath(key, inside.at);
  if (place.top && !(ROOTS as readonly string[]).includes(path[0]!)) {
    throw conditionError(inside.at, `a path begins with ${ROOTS.join(', ')}`);
  }
  const isScalar = operand === null || typeof operand !== 'object';
  return { kind: 'at', path, node: compileScope(isScalar ? { $eq: operand } : operand, inside) };
}

const NESTED: ReadonlyMap<string, 'all' | 'any' | 'size' | 'length'> = new Map([
  ['$all', 'all'],
  ['$any', 'any'],
  ['$size', 'size'],
  ['$length', 'length'],
] as const);

function compileOperator(key: string, operand: unknown, place: Place): Node {
  const nested = NESTED.get(key);
  if (nested !== undefined) return { kind: nested, node: compileScope(operand, place) };
  if (key === '$exists') {
    if (typeof operand !== 'boolean') throw conditionError(place.at, 'the operand must be true or false');
    return { kind: 'exists', wanted: operand };
  }
  const operator = OPERATORS.get(key);
  if (operator === undefined) throw conditionError(place.at, `unknown operator "${key}"`);
  return { kind: 'test', operator: key, operand, test: operator(operand, place.at) };
}

import { evaluate } from '../conditions/evaluate.js';
import type { Node, Test } from '../conditions/node.js';
import { jsonType } from '../conditions/path.js';
import { domainOf } from './domains.js';
import { JSON_TYPES, typesOfTest } from './operator-types.js';
import { Range } from './range.js';
import { whyNeverTrue, type Literal } from './satisfiable.js';

/**
 * Why no value at this path satisfies all of the literals, or undefined when one may. `isObject`: something is looked for
 * within it.
 */
export function contradictionAt(
  path: readonly string[],
  literals: readonly Literal[],
  isObject: boolean,
): string | undefined {
  const where = path.join('.') || 'an element';
  const what = literals.map(describe).join(' and ');
  const isAbsent = literals.some((literal) => literal.node.kind === 'exists' && !isPresence(literal));
  const onValues = literals.filter(({ node }) => node.kind !== 'exists');
  const isPresent = isObject || onValues.length > 0 || literals.some(isPresence);
  if (isAbsent) return isPresent ? `${where} would have to be there and to be missing (${what})` : undefined;
  const known = domainOf(path);
  const all = known === undefined ? onValues : [...onValues, { path, node: known, truth: 'yes' as const }];
  const types = isObject ? ['object'] : JSON_TYPES;
  return types.some((type) => isPossible(type, all)) ? undefined : `no value of ${where} is ${what}`;
}

const isPresence = ({ node, truth }: Literal): boolean =>
  node.kind === 'exists' && node.wanted === (truth === 'yes');

/** Whether a value of this JSON type may satisfy all of them; yes where nobody knows. */
function isPossible(type: string, literals: readonly Literal[]): boolean {
  if (!literals.every((literal) => typesOf(literal).includes(type))) return false;
  const candidates = candidatesOf(type, literals);
  if (candidates !== undefined)
    return candidates.some((value) => literals.every((literal) => comesOut(literal, value)));
  if (type === 'number') return new Range().narrow(literals).isPossible;
  if (type === 'array') return isPossibleList(literals);
  return type === 'string' ? isPossibleText(literals) : true;
}

function typesOf({ node, truth }: Literal): readonly string[] {
  if (node.kind === 'test') return typesOfTest(node, truth);
  if (node.kind === 'exists') return JSON_TYPES;
  return node.kind === 'length' ? ['string'] : ['array'];
}

function comesOut({ node, truth }: Literal, value: unknown): boolean {
  const at: Node = { kind: 'at', path: ['arguments'], node };
  return evaluate(at, { arguments: value, principal: {}, context: {} }) === truth;
}

/** All values of the type that could satisfy them, where they can be listed. */
function candidatesOf(type: string, literals: readonly Literal[]): unknown[] | undefined {
  if (type === 'boolean') return [true, false];
  if (type === 'null') return [null];
  for (const { node, truth } of literals) {
    if (node.kind !== 'test' || !isListing(node.operator, truth)) continue;
    const values: unknown[] = Array.isArray(node.operand) ? node.operand : [node.operand];
    return values.filter((value) => jsonType(value) === type);
  }
  return type === 'number' ? new Range().narrow(literals).onlyValue : undefined;
}

/** Whether the operator says which values there are, rather than which there are not. */
const isListing = (operator: string, truth: 'yes' | 'no'): boolean =>
  truth === 'yes' ? operator === '$eq' || operator === '$in' : operator === '$ne' || operator === '$nin';

/** `$all` and a true `$any` are told of lists with an element only. */
function isPossibleList(literals: readonly Literal[]): boolean {
  const needsElement = literals.some(
    ({ node, truth }) => node.kind === 'all' || (node.kind === 'any' && truth === 'yes'),
  );
  const size = countOf(literals, 'size');
  if (!size.isPossible || (needsElement && size.max < 1)) return false;
  return literals.every(
    ({ node, truth }) =>
      truth === 'no' || (node.kind !== 'all' && node.kind !== 'any') || whyNeverTrue(node.node) === undefined,
  );
}

const isPossibleText = (literals: readonly Literal[]): boolean =>
  countOf(literals, 'length').isPossible && new Range('instants').narrow(literals).isPossible;

/** Bounds on a number of elements or of units. */
const countOf = (literals: readonly Literal[], kind: 'size' | 'length'): Range =>
  new Range('counts').narrow(
    literals.flatMap(({ path, node, truth }) =>
      node.kind === kind ? certainTests(node.node, truth).map((test) => ({ path, node: test, truth })) : [],
    ),
  );

/** Tests that must come out like the whole; none of what is false of several parts, which may be any one of them. */
function certainTests(node: Node, truth: 'yes' | 'no'): Test[] {
  if (node.kind === 'test') return [node];
  const isEach = node.kind === (truth === 'yes' ? 'and' : 'or');
  return isEach
    ? (node as Extract<Node, { kind: 'and' | 'or' }>).nodes.flatMap((part) => certainTests(part, truth))
    : [];
}

function describe({ node, truth }: Literal): string {
  const not = truth === 'yes' ? '' : 'not ';
  if (node.kind === 'test') return `${not}${node.operator} ${JSON.stringify(node.operand)}`;
  if (node.kind === 'exists') return `${not}$exists ${node.wanted}`;
  return `${not}$${node.kind} …`;
}

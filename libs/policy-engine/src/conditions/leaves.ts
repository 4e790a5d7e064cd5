import { evaluate, type ConditionInput } from './evaluate.js';
import type { Node } from './node.js';
import { find, jsonType, type Found } from './path.js';
import { renderCondition, renderPath } from './render.js';
import type { Truth } from './truth.js';

/** One operator of a condition on one path, and how it came out. Never the value that it was asked of. */
export interface ConditionLeaf {
  /** Such as `arguments.amount`. */
  path: string;
  operator: string;
  /** As the author wrote it. */
  operand: unknown;
  /** Of the operator itself: within an odd number of `$not` the condition needs the opposite. */
  truth: Truth;
  negated: boolean;
  /** The JSON type that was found, `missing`, or that of the value the path could not go through. */
  found: string;
  /** Why it is not `yes`; null where it is. */
  why: string | null;
}

/** The leaves of a condition in the order the author wrote them. */
export function leavesOf(node: Node, input: ConditionInput): ConditionLeaf[] {
  const leaves: ConditionLeaf[] = [];
  collect(node, { path: [], negated: false }, (leaf, { path, negated }) => {
    const truth = evaluate(path.length === 0 ? leaf : { kind: 'at', path, node: leaf }, input);
    const found = find(input, path);
    const [[operator, operand]] = Object.entries(renderCondition(leaf) as object) as [[string, unknown]];
    leaves.push({
      path: renderPath(path),
      operator,
      operand,
      truth,
      negated,
      found: foundType(found),
      why: reasonOf(truth, found),
    });
  });
  return leaves;
}

interface Place {
  path: readonly string[];
  negated: boolean;
}

function collect(node: Node, place: Place, visit: (leaf: Node, place: Place) => void): void {
  if (node.kind === 'and' || node.kind === 'or') {
    for (const inner of node.nodes) collect(inner, place, visit);
  } else if (node.kind === 'not') collect(node.node, { ...place, negated: !place.negated }, visit);
  else if (node.kind === 'at') collect(node.node, { ...place, path: [...place.path, ...node.path] }, visit);
  else visit(node, place);
}

function foundType(found: Found): string {
  if (found.kind === 'value') return jsonType(found.value);
  return found.kind === 'mistyped' ? found.type : found.kind;
}

function reasonOf(truth: Truth, found: Found): string | null {
  if (truth === 'yes') return null;
  if (found.kind === 'missing') return 'there is nothing at the path';
  if (found.kind === 'mistyped') return `the path ends at ${found.at}, which is no object but ${found.type}`;
  if (truth === 'no') return 'the value does not satisfy it';
  if (found.kind === 'unknown') return 'the value is not known';
  return `it says nothing about a value of type ${jsonType(found.value)} or of this size`;
}

import { evaluate, type ConditionInput } from './evaluate.js';
import type { Node } from './node.js';
import { find, jsonType } from './path.js';
import type { Truth } from './truth.js';

/** One part of a condition and how it came out. Never the value of an argument: decisions are recorded. */
export interface ConditionFinding {
  /** Such as `arguments.amount $lte 100`. */
  test: string;
  truth: Truth;
  /** The JSON type that was found, or `missing`. */
  found: string;
}

const MAX_FINDINGS = 16;

/** The leaves of a condition that do not hold, in the order the author wrote them. */
export function findings(node: Node, input: ConditionInput): ConditionFinding[] {
  const all: ConditionFinding[] = [];
  collect(node, [], (path, leaf) => {
    const at: Node = path.length === 0 ? leaf : { kind: 'at', path, node: leaf };
    const found = find(input, path);
    all.push({
      test: `${path.join('.')} ${describe(leaf)}`,
      truth: evaluate(at, input),
      found:
        found.kind === 'value' ? jsonType(found.value) : found.kind === 'mistyped' ? found.type : found.kind,
    });
  });
  return all.slice(0, MAX_FINDINGS);
}

function collect(
  node: Node,
  path: readonly string[],
  visit: (path: readonly string[], leaf: Node) => void,
): void {
  if (node.kind === 'and' || node.kind === 'or') for (const inner of node.nodes) collect(inner, path, visit);
  else if (node.kind === 'not') collect(node.node, path, visit);
  else if (node.kind === 'at') collect(node.node, [...path, ...node.path], visit);
  else visit(path, node);
}

function describe(leaf: Node): string {
  if (leaf.kind === 'test') return `${leaf.operator} ${JSON.stringify(leaf.operand)}`;
  if (leaf.kind === 'exists') return `$exists ${leaf.wanted}`;
  return `$${leaf.kind} …`;
}

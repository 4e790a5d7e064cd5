import { LIMITS } from './limits.js';
import type { Node } from './node.js';
import { find, UNKNOWN, type Found } from './path.js';
import { every, fromBoolean, not, some, type Truth } from './truth.js';

/** What a condition sees. `arguments` may be {@link UNKNOWN} when a listing asks what could be allowed. */
export interface ConditionInput {
  arguments: unknown;
  principal: unknown;
  context: unknown;
}

export function evaluate(node: Node, input: ConditionInput): Truth {
  return evaluateAt(node, { kind: 'value', value: input });
}

function evaluateAt(node: Node, scope: Found): Truth {
  switch (node.kind) {
    case 'and':
      return every(node.nodes, (inner) => evaluateAt(inner, scope));
    case 'or':
      return some(node.nodes, (inner) => evaluateAt(inner, scope));
    case 'not':
      return not(evaluateAt(node.node, scope));
    case 'exists':
      return exists(scope, node.wanted);
    case 'at':
      return evaluateAt(node.node, scope.kind === 'value' ? find(scope.value, node.path) : scope);
    default:
      return scope.kind === 'value' ? onValue(node, scope.value) : 'indeterminate';
  }
}

/** The only operator for which absence is an answer; behind a value of the wrong type it is none. */
function exists(scope: Found, wanted: boolean): Truth {
  if (scope.kind === 'mistyped' || scope.kind === 'unknown') return 'indeterminate';
  return fromBoolean((scope.kind === 'value') === wanted);
}

type ValueNode = Extract<Node, { kind: 'all' | 'any' | 'size' | 'length' | 'test' }>;

function onValue(node: ValueNode, value: unknown): Truth {
  if (value === UNKNOWN) return 'indeterminate';
  if (node.kind === 'test') return node.test(value);
  if (node.kind === 'length') {
    return typeof value === 'string'
      ? evaluateAt(node.node, { kind: 'value', value: value.length })
      : 'indeterminate';
  }
  if (!Array.isArray(value)) return 'indeterminate';
  if (node.kind === 'size') return evaluateAt(node.node, { kind: 'value', value: value.length });
  if (value.length > LIMITS.elements) return 'indeterminate';
  const test = (element: unknown) => evaluateAt(node.node, { kind: 'value', value: element });
  if (node.kind === 'any') return some(value, test);
  // Nothing was checked in an empty list, so nothing can be said of "all": say so with `$size` if it is meant.
  return value.length === 0 ? 'indeterminate' : every(value, test);
}

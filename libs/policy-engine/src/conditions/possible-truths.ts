import { evaluate, type ConditionInput } from './evaluate.js';
import type { Node } from './node.js';
import { find } from './path.js';
import type { Truth } from './truth.js';

/** Every truth that a condition could have once the arguments are known. At least one of them is true. */
export interface PossibleTruths {
  yes: boolean;
  no: boolean;
  indeterminate: boolean;
}

const ANY: PossibleTruths = { yes: true, no: true, indeterminate: true };

/**
 * What a condition can come out as while `input.arguments` is UNKNOWN. Never leaves out a truth that some arguments
 * give; may keep one that none gives, since each part is looked at by itself. What does not look at arguments has one.
 */
export const possibleTruths = (node: Node, input: ConditionInput): PossibleTruths =>
  possible(node, [], input);

function possible(node: Node, path: readonly string[], input: ConditionInput): PossibleTruths {
  switch (node.kind) {
    case 'and':
      return conjunction(node.nodes.map((inner) => possible(inner, path, input)));
    case 'or':
      return negation(conjunction(node.nodes.map((inner) => negation(possible(inner, path, input)))));
    case 'not':
      return negation(possible(node.node, path, input));
    case 'at':
      return possible(node.node, [...path, ...node.path], input);
    default:
      return ofLeaf(node, path, input);
  }
}

function ofLeaf(leaf: Node, path: readonly string[], input: ConditionInput): PossibleTruths {
  if (find(input, path).kind === 'unknown') return ANY;
  const truth: Truth = evaluate(path.length === 0 ? leaf : { kind: 'at', path, node: leaf }, input);
  return { yes: truth === 'yes', no: truth === 'no', indeterminate: truth === 'indeterminate' };
}

const negation = ({ yes, no, indeterminate }: PossibleTruths): PossibleTruths => ({
  yes: no,
  no: yes,
  indeterminate,
});

/** `no` as soon as one part is; `yes` only when all are; indeterminate when one is and none has to be `no`. */
function conjunction(parts: readonly PossibleTruths[]): PossibleTruths {
  return {
    yes: parts.every(({ yes }) => yes),
    no: parts.some(({ no }) => no),
    indeterminate:
      parts.some(({ indeterminate }) => indeterminate) &&
      parts.every(({ yes, indeterminate }) => yes || indeterminate),
  };
}

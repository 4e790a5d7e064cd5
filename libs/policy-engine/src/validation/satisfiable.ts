import type { Node, Test } from '../conditions/node.js';
import { contradictionAt } from './contradiction.js';

/** Something that must hold of the value at a path for a condition to come out as wanted. */
export interface Literal {
  path: readonly string[];
  node: Test | Extract<Node, { kind: 'exists' | 'all' | 'any' | 'size' | 'length' }>;
  /** `yes`: the node must hold; `no`: it must be false of a value that it can be told of. */
  truth: 'yes' | 'no';
}

/** Ways in which a condition can come out, of which one after the other is looked at. Above it nothing is claimed. */
const MAX_WAYS = 256;

class TooManyWays extends Error {}

/**
 * Why the condition can never be true, or undefined when it can be or nobody knows. Never mistaken: what is reported
 * holds for no call at all, whatever its arguments.
 */
export function whyNeverTrue(node: Node): string | undefined {
  try {
    const reasons = ways(node, 'yes', []).map(contradictionOf);
    return reasons.every((reason) => reason !== undefined) ? reasons[0] : undefined;
  } catch (error) {
    if (error instanceof TooManyWays) return undefined;
    throw error;
  }
}

/** All ways in which the node comes out so, each as what must hold together. */
function ways(node: Node, truth: 'yes' | 'no', path: readonly string[]): Literal[][] {
  switch (node.kind) {
    case 'not':
      return ways(node.node, truth === 'yes' ? 'no' : 'yes', path);
    case 'at':
      return ways(node.node, truth, [...path, ...node.path]);
    case 'and':
    case 'or': {
      const parts = node.nodes.map((inner) => ways(inner, truth, path));
      return (node.kind === 'and') === (truth === 'yes') ? together(parts) : limited(parts.flat());
    }
    default:
      return [[{ path, node, truth }]];
  }
}

const together = (parts: Literal[][][]): Literal[][] =>
  parts.reduce<Literal[][]>(
    (sofar, part) => limited(sofar.flatMap((way) => part.map((more) => [...way, ...more]))),
    [[]],
  );

function limited(found: Literal[][]): Literal[][] {
  if (found.length > MAX_WAYS) throw new TooManyWays();
  return found;
}

function contradictionOf(way: readonly Literal[]): string | undefined {
  const byPath = new Map<string, Literal[]>();
  for (const literal of way) {
    const key = JSON.stringify(literal.path);
    byPath.set(key, [...(byPath.get(key) ?? []), literal]);
  }
  // What is found below a value makes that value an object.
  const inner = new Set<string>();
  for (const { path, node, truth } of way) {
    if (node.kind === 'exists' && node.wanted !== (truth === 'yes')) continue;
    for (let length = 0; length < path.length; length++) inner.add(JSON.stringify(path.slice(0, length)));
  }
  for (const [key, literals] of byPath) {
    const reason = contradictionAt(literals[0]!.path, literals, inner.has(key));
    if (reason !== undefined) return reason;
  }
  return undefined;
}

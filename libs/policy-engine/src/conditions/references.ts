import type { Node } from './node.js';

const KNOWN = new WeakMap<Node, readonly (readonly string[])[]>();

/**
 * The paths that a condition looks at, from the root, each once. A path ends at the list whose elements `$all` and `$any`
 * look into.
 */
export function referencedPaths(node: Node): readonly (readonly string[])[] {
  const known = KNOWN.get(node);
  if (known !== undefined) return known;
  const paths = new Map<string, readonly string[]>();
  collect(node, [], (path) => paths.set(JSON.stringify(path), path));
  const found = [...paths.values()];
  KNOWN.set(node, found);
  return found;
}

function collect(node: Node, at: readonly string[], visit: (path: readonly string[]) => void): void {
  if (node.kind === 'and' || node.kind === 'or') for (const inner of node.nodes) collect(inner, at, visit);
  else if (node.kind === 'not') collect(node.node, at, visit);
  else if (node.kind === 'at') collect(node.node, [...at, ...node.path], visit);
  else visit(at);
}

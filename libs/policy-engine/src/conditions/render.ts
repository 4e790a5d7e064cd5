import type { Node } from './node.js';

/** A path as an author may write it: with dots, or as a JSON Pointer where a key holds one. */
export function renderPath(path: readonly string[]): string {
  const dotted = path.join('.');
  const isPlain = path.every((segment) => !segment.includes('.')) && !dotted.startsWith('/');
  if (isPlain) return dotted;
  return path.map((segment) => `/${segment.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** A compiled condition in the words of the language: compiling it again gives the same. */
export function renderCondition(node: Node): unknown {
  switch (node.kind) {
    case 'and':
    case 'or':
      return { [`$${node.kind}`]: node.nodes.map(renderCondition) };
    case 'not':
      return { $not: renderCondition(node.node) };
    case 'at':
      return { [renderPath(node.path)]: renderCondition(node.node) };
    case 'exists':
      return { $exists: node.wanted };
    case 'test':
      return { [node.operator]: node.operand };
    default:
      return { [`$${node.kind}`]: renderCondition(node.node) };
  }
}

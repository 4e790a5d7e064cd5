import type { Truth } from './truth.js';

/** A test of one present value. */
export interface Test {
  kind: 'test';
  operator: string;
  /** The operand as the author wrote it, for explanations. */
  operand: unknown;
  test(value: unknown): Truth;
}

/** A compiled condition: data to walk, closures only in the leaves. */
export type Node =
  | { kind: 'and' | 'or'; nodes: readonly Node[] }
  | { kind: 'not'; node: Node }
  | { kind: 'at'; path: readonly string[]; node: Node }
  | { kind: 'exists'; wanted: boolean }
  | { kind: 'all' | 'any' | 'size' | 'length'; node: Node }
  | Test;

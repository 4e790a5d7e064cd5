/** Bounds of the condition language. Above them a policy is refused at load and a value is indeterminate. */
export const LIMITS = {
  /** Nesting of a condition. */
  depth: 16,
  /** Operators and paths in one condition. */
  nodes: 256,
  /** Values in one `$in`, `$nin` or `$only` list. */
  list: 1_000,
  /** UTF-16 units of one operand or path segment. */
  operandLength: 1_024,
  /** Segments of one path. */
  pathSegments: 16,
  /** UTF-16 units of one pattern of `$matches` or `$glob`. */
  patternLength: 256,
  /** Instructions of a compiled `$matches` pattern: bounds what a counted repetition expands to. */
  programSize: 2_000,
  /** UTF-16 units of an argument that a pattern looks at. */
  subjectLength: 16_384,
  /** Elements of an argument that `$all` or `$any` looks at. */
  elements: 1_000,
} as const;

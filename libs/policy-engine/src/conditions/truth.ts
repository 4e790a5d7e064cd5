/**
 * Kleene's strong three-valued logic. `indeterminate` is what a missing, null, mistyped or oversized value gives:
 * it never satisfies an allow and always triggers a deny (see {@link ../rules/ability.ts}).
 */
export type Truth = 'yes' | 'no' | 'indeterminate';

export const fromBoolean = (value: boolean): Truth => (value ? 'yes' : 'no');

export function not(truth: Truth): Truth {
  if (truth === 'indeterminate') return 'indeterminate';
  return truth === 'yes' ? 'no' : 'yes';
}

/** `no` if any is `no`, else `indeterminate` if any is, else `yes`. Never called with nothing: empty lists are refused at load. */
export function every<T>(items: readonly T[], test: (item: T) => Truth): Truth {
  let result: Truth = 'yes';
  for (const item of items) {
    const truth = test(item);
    if (truth === 'no') return 'no';
    if (truth === 'indeterminate') result = 'indeterminate';
  }
  return result;
}

/** `yes` if any is `yes`, else `indeterminate` if any is, else `no`. */
export function some<T>(items: readonly T[], test: (item: T) => Truth): Truth {
  let result: Truth = 'no';
  for (const item of items) {
    const truth = test(item);
    if (truth === 'yes') return 'yes';
    if (truth === 'indeterminate') result = 'indeterminate';
  }
  return result;
}

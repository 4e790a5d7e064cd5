import type { CedarValueJson, Expr } from '@cedar-policy/cedar-wasm/nodejs';

/** Builders of Cedar's JSON policy format (docs.cedarpolicy.com/policies/json-format.html): nothing to escape. */
export const value = (it: CedarValueJson): Expr => ({ Value: it });
export const variable = (name: 'principal' | 'resource' | 'context'): Expr => ({ Var: name });
export const entity = (type: string, id: string): Expr => value({ __entity: { type, id } });
export const attribute = (left: Expr, attr: string): Expr => ({ '.': { left, attr } });
export const has = (left: Expr, attr: string): Expr => ({ has: { left, attr } });
export const not = (arg: Expr): Expr => ({ '!': { arg } });
export const set = (items: Expr[]): Expr => ({ Set: items });
export const contains = (left: Expr, right: Expr): Expr => ({ contains: { left, right } });
export const isIn = (left: Expr, right: Expr): Expr => ({ in: { left, right } });
export const equal = (left: Expr, right: Expr): Expr => ({ '==': { left, right } });

/** Both short-circuit from the left, which is what makes a guard before a test safe. */
export const all = (...parts: Expr[]): Expr =>
  parts.length === 0 ? value(true) : parts.reduce((left, right) => ({ '&&': { left, right } }));
export const any = (...parts: Expr[]): Expr =>
  parts.length === 0 ? value(false) : parts.reduce((left, right) => ({ '||': { left, right } }));

/** A function or method of Cedar's types beyond the core: `ip`, `isInRange`, `datetime`. */
export const extension = (name: string, ...args: Expr[]): Expr => ({ [name]: args });

type Comparison = '<' | '<=' | '>' | '>=';
export const compare = (operator: Comparison, left: Expr, right: Expr): Expr =>
  ({ [operator]: { left, right } }) as Expr;

/** `like`, from a pattern in which `*` is the only wildcard. */
export function like(left: Expr, pattern: string): Expr {
  const elements = pattern
    .split(/(\*)/)
    .filter((piece) => piece !== '')
    .map((piece) => (piece === '*' ? 'Wildcard' : { Literal: piece }) as 'Wildcard' | { Literal: string });
  return { like: { left, pattern: elements } };
}

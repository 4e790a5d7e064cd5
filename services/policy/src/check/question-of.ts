import type { CheckItem } from '@portcullis/contracts';
import { someone, type Question } from '@portcullis/policy-engine';

/** What an internal tool asks, as the engine is asked: about a user of whom nothing but the id is known. */
export const questionOf = (
  { principal, operation, server, tool, arguments: args, context }: CheckItem,
  time: string,
): Question => ({
  asker: someone(principal),
  operation,
  server: { slug: server },
  tool,
  arguments: args,
  context,
  time,
});

/** A value that is there already, or comes. What needs no waiting is answered in the same turn. */
export type Soon<T> = T | Promise<T>;

export const soon = <T, R>(value: Soon<T>, use: (value: T) => R): Soon<R> =>
  value instanceof Promise ? value.then(use) : use(value);

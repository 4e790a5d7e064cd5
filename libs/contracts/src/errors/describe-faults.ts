import type { z } from 'zod';
import { AppError } from './app-error.js';

/** More of them help nobody. */
const SHOWN = 8;

/**
 * What is wrong where, in one line, never the value. `whole` names what was checked, for a fault that is of no part of it.
 */
export const describeFaults = ({ issues }: z.ZodError, whole = '(body)'): string =>
  issues
    .slice(0, SHOWN)
    .map(({ path, message }) => `${path.join('.') || whole}: ${message}`)
    .join('; ');

/**
 * What the schema makes of a value from outside.
 * @throws AppError `INVALID_ARGUMENT`: `<what> is invalid.` and what is wrong where
 */
export function validated<T>(schema: z.ZodType<T>, value: unknown, what = 'The request'): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new AppError('INVALID_ARGUMENT', `${what} is invalid. ${describeFaults(parsed.error)}`);
}

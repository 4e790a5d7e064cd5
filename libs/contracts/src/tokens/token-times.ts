import { CLOCK_SKEW } from './token-types.js';
import { refused } from './refused.js';

interface Times {
  iat: number;
  exp: number;
}

/** @throws AppError `UNAUTHENTICATED`, reason `lifetime` or `not_yet_valid`. */
export function checkIssued({ iat, exp }: Times, lifetime: number, now: Date): void {
  if (exp <= iat || exp - iat > lifetime) throw refused('lifetime');
  if (iat > now.getTime() / 1000 + CLOCK_SKEW) throw refused('not_yet_valid');
}

/** @throws AppError `UNAUTHENTICATED`, reason `expired`. */
export function checkNotExpired({ exp }: Times, now: Date): void {
  if (now.getTime() / 1000 >= exp + CLOCK_SKEW) throw refused('expired');
}

/** Whole seconds since the epoch. */
export const seconds = (time: Date): number => Math.floor(time.getTime() / 1000);

/** What clocks said, milliseconds: a monotonic one, and the wall's. */
export interface Instant {
  readonly monotonic: number;
  readonly wall: number;
}

/** How long a replica may serve after it asked for its lease. */
export const LEASE_MS = 2000;

/**
 * Whether a lease still runs that was asked for at `asked`: counted from before the question, since the coordinator may
 * have extended it at any time after. The wall clock can only end it sooner: the monotonic one stands still while a
 * machine is suspended.
 */
export const isRunning = (asked: Instant, now: Instant): boolean =>
  now.monotonic - asked.monotonic < LEASE_MS && now.wall - asked.wall < LEASE_MS;

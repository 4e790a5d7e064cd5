import type { RecordedEvent } from '../storage/event-table.js';

/** What a subscription sends, before it is put into the protocol's words. */
export type SubscriptionMessage =
  | { kind: 'event'; event: RecordedEvent }
  /** Everything up to and including this position was scanned, and what matched has been sent. */
  | { kind: 'checkpoint'; position: number }
  | { kind: 'caught_up' }
  | { kind: 'fell_behind' };

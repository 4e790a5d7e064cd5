import type { EventFilter } from '../protocol/event-filter.js';
import type { EventStorage } from '../storage/event-storage.js';
import type { ScannedEvent } from '../storage/event-table.js';
import { PAGE, yieldTurn } from './page.js';
import type { SubscriptionMessage } from './subscription-message.js';

export interface AllSubscription {
  /** Exclusive. */
  from: number | 'start' | 'end';
  filter: EventFilter | undefined;
}

/** Catches up with the log and then follows it, until the signal aborts. */
export async function* subscribeAll(
  storage: EventStorage,
  { from, filter }: AllSubscription,
  signal: AbortSignal,
): AsyncGenerator<SubscriptionMessage> {
  const matcher = new Matcher(storage, filter);
  let cursor = from === 'start' ? 0 : from === 'end' ? storage.end() : from;
  let live = false;
  while (!signal.aborted) {
    const page = storage.log.events.scan(cursor + 1, Number.MAX_SAFE_INTEGER, 'forwards', PAGE);
    if (live && page.length === PAGE) {
      live = false;
      yield { kind: 'fell_behind' };
    }
    for (const scanned of page) {
      yield* matcher.send(scanned);
      cursor = scanned.position;
    }
    if (page.length === PAGE) {
      await yieldTurn();
      continue;
    }
    if (!live) {
      live = true;
      yield* matcher.sendRest(cursor);
      yield { kind: 'caught_up' };
    }
    // Nothing may happen between this check and the wait: both are in one turn.
    if (storage.end() <= cursor) await storage.commits.next(signal);
  }
}

/** Applies the filter and counts scanned events, so that a subscription that matches nothing still makes progress. */
class Matcher {
  readonly #storage: EventStorage;
  readonly #filter: EventFilter | undefined;
  #sinceCheckpoint = 0;

  constructor(storage: EventStorage, filter: EventFilter | undefined) {
    this.#storage = storage;
    this.#filter = filter;
  }

  *send(scanned: ScannedEvent): Generator<SubscriptionMessage> {
    if (!this.#filter || this.#filter.matches(scanned)) {
      const event = this.#storage.log.events.at(scanned.position);
      if (event) yield { kind: 'event', event };
    }
    if (!this.#filter) return;
    this.#sinceCheckpoint += 1;
    if (this.#sinceCheckpoint >= this.#filter.checkpointInterval) yield this.#checkpoint(scanned.position);
  }

  *sendRest(cursor: number): Generator<SubscriptionMessage> {
    if (this.#filter && this.#sinceCheckpoint > 0) yield this.#checkpoint(cursor);
  }

  #checkpoint(position: number): SubscriptionMessage {
    this.#sinceCheckpoint = 0;
    return { kind: 'checkpoint', position };
  }
}

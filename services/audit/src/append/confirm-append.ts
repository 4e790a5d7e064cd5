import { setTimeout as pause } from 'node:timers/promises';
import { AppError } from '@portcullis/contracts';
import { within } from '@portcullis/platform';
import type { EventStore, JsonValue, NewEvent } from '@portcullis/eventing';

/** Where a record stands in the store, and its data as stored: of a repeated one, not necessarily as sent. */
export interface Located {
  revision: bigint;
  data: JsonValue;
}

export interface ConfirmOptions {
  store: Pick<EventStore, 'append' | 'read'>;
  stream: string;
  events: readonly NewEvent[];
  now(): number;
  /** Milliseconds since the epoch. */
  deadline: number;
  /** Some of the records may have been stored before: look for their first occurrence. */
  lookAfterwards: boolean;
}

/** How far back from the end of the stream is looked for records that were sent a moment ago. */
const LOOK_BACK = 2048;
const PAUSE_MS = 50;

/**
 * Appends at any revision and finds out where the records are, by recordId. An append with unknown outcome is resolved
 * by reading the stream for the recordIds, and repeated with the same event ids when they aren't there.
 *
 * @throws AppError `UNAVAILABLE` when that was not possible before the deadline, and whatever the store answers when it
 * refuses the append for good.
 */
export async function confirmAppend(options: ConfirmOptions): Promise<Map<string, Located>> {
  const { store, stream, events } = options;
  const last = await sendUntilKnown(options);
  if (last instanceof Map) return last;
  const first = last.revision - BigInt(events.length - 1);
  if (last.certain && !options.lookAfterwards) {
    return new Map(
      events.map(({ data }, index) => [recordIdOf(data), { revision: first + BigInt(index), data }]),
    );
  }
  return confirmed(options, locate(store, stream, events));
}

interface Sent {
  revision: bigint;
  /** Acknowledged at the first attempt: nothing of it was there before. */
  certain: boolean;
}

async function sendUntilKnown(options: ConfirmOptions): Promise<Sent | Map<string, Located>> {
  const { store, stream, events } = options;
  for (let attempt = 0; ; attempt += 1) {
    try {
      const { revision } = await confirmed(options, store.append(stream, events, { expected: 'any' }));
      return { revision, certain: attempt === 0 };
    } catch (error) {
      if (!isUnknown(error) || options.now() >= options.deadline) throw error;
    }
    const found = await confirmed(options, locate(store, stream, events)).catch(
      () => new Map<string, Located>(),
    );
    if (found.size === events.length) return found;
    await pause(PAUSE_MS);
    // The deadline may have passed while looking: what nobody waits for any more is not sent again.
    if (options.now() >= options.deadline) throw unconfirmed();
  }
}

/** The first occurrence of each record within reach of the stream's end. */
async function locate(
  store: Pick<EventStore, 'read'>,
  stream: string,
  events: readonly NewEvent[],
): Promise<Map<string, Located>> {
  const wanted = new Set(events.map(({ data }) => recordIdOf(data)));
  const found = new Map<string, Located>();
  const options = { direction: 'backwards', limit: LOOK_BACK + 2 * events.length } as const;
  for await (const { revision, data } of store.read(stream, options)) {
    const recordId = recordIdOf(data);
    if (wanted.has(recordId)) found.set(recordId, { revision, data });
  }
  return found;
}

/** Empty for what is no record. */
export function recordIdOf(data: JsonValue): string {
  const recordId = (data as { recordId?: unknown } | null)?.recordId;
  return typeof recordId === 'string' ? recordId : '';
}

const isUnknown = (error: unknown): boolean =>
  error instanceof AppError && ['UNAVAILABLE', 'DEADLINE_EXCEEDED'].includes(error.code);

/** The store's own limits may be longer than what is left. */
const confirmed = <T>({ now, deadline }: ConfirmOptions, work: Promise<T>): Promise<T> =>
  within({ deadline, now, late: unconfirmed }, work);

const unconfirmed = (): AppError =>
  new AppError('UNAVAILABLE', 'The event store did not confirm the record in time; it may be recorded.');

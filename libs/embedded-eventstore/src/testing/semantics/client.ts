// The kit judges servers through the unmodified client, which is otherwise reserved for libs/eventing.
import * as client from '@eventstore/db-client';
import { randomUUID } from 'node:crypto';

export const {
  EventStoreDBClient,
  binaryEvent,
  eventTypeFilter,
  excludeSystemEvents,
  jsonEvent,
  streamNameFilter,
} = client;
export const {
  AccessDeniedError,
  MaxAppendSizeExceededError,
  StreamDeletedError,
  StreamNotFoundError,
  UnknownError,
  WrongExpectedVersionError,
} = client;

export type Client = client.EventStoreDBClient;
export type Subscription = client.StreamSubscription | client.AllStreamSubscription;
export type Recorded = client.RecordedEvent;
type ReadStream = AsyncIterable<client.ResolvedEvent>;

/** `dispose` alone leaves the connection open. */
export async function closeClient(open: Client): Promise<void> {
  await open.dispose();
  (await open['getChannel']()).close();
}

/** Names of their own for every test, so that the kit can run on a server that others use too. */
export const newStream = (label = 'kit'): string => `${label}-${randomUUID()}`;

export const newEvent = (n: number, type = 'kit.Happened.v1') =>
  jsonEvent({ id: randomUUID(), type, data: { n }, metadata: { by: 'kit' } });

export const newEvents = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => newEvent(from + i));

export async function eventsOf(read: ReadStream): Promise<Recorded[]> {
  const events: Recorded[] = [];
  for await (const { event } of read) if (event) events.push(event);
  return events;
}

/** The `n` of every event, in the order they came. */
export const numbersOf = async (read: ReadStream): Promise<number[]> => (await eventsOf(read)).map(numberOf);

export const numberOf = (event: Recorded): number => (event.data as { n: number }).n;

/** The error's own class and fields, or a failure that says it did not come. */
export async function rejection<E extends Error>(
  work: Promise<unknown>,
  kind: abstract new (...args: never[]) => E,
): Promise<E> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof kind) return error;
  throw new Error(`expected ${kind.name}, got ${String(error)}`);
}

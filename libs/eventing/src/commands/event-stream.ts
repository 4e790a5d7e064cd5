import type { EventCodec } from '../codec/event-codec.js';
import type { EventStore, JsonValue, StoredEvent } from '../store/event-store.js';
import type { Decider } from './decider.js';

/** An event with its place in its stream, stored or about to be. */
export interface ChainedEvent {
  id: string;
  stream: string;
  type: string;
  revision: bigint;
  data: JsonValue;
  metadata: JsonValue | undefined;
}

/** Checks an event against the one before it (undefined for the first); throws to refuse the stream. */
export type VerifyLink = (event: StoredEvent, previous: StoredEvent | undefined) => void | Promise<void>;

/** Checks the last of the events that were read: nothing of them counts before. Throws to refuse the stream. */
export type VerifyHead = (last: StoredEvent) => void | Promise<void>;

export interface LoadedState<State> {
  state: State;
  /** Of the last event; -1 when there is none. */
  revision: bigint;
  last: StoredEvent | undefined;
}

export interface StreamReader<Command, State, Event> {
  store: Pick<EventStore, 'read'>;
  codec: EventCodec<Event>;
  decider: Decider<Command, State, Event>;
  verify?: VerifyLink | undefined;
  verifyHead?: VerifyHead | undefined;
}

/** Folds a stream. With `after`, continues from an earlier result instead of the beginning. */
export async function loadState<Command, State, Event>(
  { store, codec, decider, verify, verifyHead }: StreamReader<Command, State, Event>,
  stream: string,
  after?: LoadedState<State>,
): Promise<LoadedState<State>> {
  let { state, revision, last } = after ?? { state: decider.initialState(), revision: -1n, last: undefined };
  for await (const event of store.read(stream, { from: revision + 1n })) {
    await verify?.(event, last);
    state = decider.evolve(state, codec.decode(event));
    revision = event.revision;
    last = event;
  }
  if (last !== undefined && last !== after?.last) await verifyHead?.(last);
  return { state, revision, last };
}

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

/** How far a stream is folded. */
export interface FoldBounds<Event> {
  /** Events at most. */
  limit?: number;
  /** The first event that is not meant, and all after it, are left out. */
  includes?(event: Event): boolean;
}

export interface FoldedState<State> extends LoadedState<State> {
  /** Every event that there is has been folded. */
  ended: boolean;
}

/**
 * Folds a stream as far as is wanted: each event is verified before it counts. With `after`, continues from an earlier
 * result instead of the beginning.
 */
export async function foldState<Command, State, Event>(
  { store, codec, decider, verify, verifyHead }: StreamReader<Command, State, Event>,
  stream: string,
  { after, limit, includes }: FoldBounds<Event> & { after?: LoadedState<State> | undefined } = {},
): Promise<FoldedState<State>> {
  let { state, revision, last } = after ?? { state: decider.initialState(), revision: -1n, last: undefined };
  let folded = 0;
  let ended = true;
  for await (const stored of store.read(stream, {
    from: revision + 1n,
    ...(limit === undefined ? {} : { limit }),
  })) {
    await verify?.(stored, last);
    const event = codec.decode(stored);
    if (includes?.(event) === false) {
      ended = false;
      break;
    }
    state = decider.evolve(state, event);
    revision = stored.revision;
    last = stored;
    folded += 1;
  }
  if (last !== undefined && last !== after?.last) await verifyHead?.(last);
  return { state, revision, last, ended: ended && (limit === undefined || folded < limit) };
}

/** Folds a stream to its end. */
export async function loadState<Command, State, Event>(
  reader: StreamReader<Command, State, Event>,
  stream: string,
  after?: LoadedState<State>,
): Promise<LoadedState<State>> {
  const { state, revision, last } = await foldState(reader, stream, { after });
  return { state, revision, last };
}

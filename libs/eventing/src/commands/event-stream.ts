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
  reader: StreamReader<Command, State, Event>,
  stream: string,
  { after, limit, includes }: FoldBounds<Event> & { after?: LoadedState<State> | undefined } = {},
): Promise<FoldedState<State>> {
  const { decider } = reader;
  const start = after ?? { state: decider.initialState(), revision: -1n, last: undefined };
  let loaded = start;
  let folded = 0;
  for await (const { stored, event } of verifiedEvents(reader, stream, { ...start, limit })) {
    if (includes?.(event) === false) return { ...(await believed(reader, loaded, start)), ended: false };
    loaded = { state: decider.evolve(loaded.state, event), revision: stored.revision, last: stored };
    folded += 1;
  }
  return { ...(await believed(reader, loaded, start)), ended: limit === undefined || folded < limit };
}

/** Links alone prove no origin: the head covers all that was read. */
async function believed<State>(
  { verifyHead }: { verifyHead?: VerifyHead | undefined },
  loaded: LoadedState<State>,
  start: LoadedState<State>,
): Promise<LoadedState<State>> {
  if (loaded.last !== undefined && loaded.last !== start.last) await verifyHead?.(loaded.last);
  return loaded;
}

/** What comes after a revision, each event with its link to the one before it verified. */
async function* verifiedEvents<Command, State, Event>(
  { store, codec, verify }: StreamReader<Command, State, Event>,
  stream: string,
  { revision, last, limit }: { revision: bigint; last: StoredEvent | undefined; limit: number | undefined },
): AsyncGenerator<{ stored: StoredEvent; event: Event }> {
  let previous = last;
  const bounds = limit === undefined ? {} : { limit };
  for await (const stored of store.read(stream, { from: revision + 1n, ...bounds })) {
    await verify?.(stored, previous);
    yield { stored, event: codec.decode(stored) };
    previous = stored;
  }
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

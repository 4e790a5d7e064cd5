import { randomUUID } from 'node:crypto';
import { AppError } from '@portcullis/contracts';
import type { EventCodec } from '../codec/event-codec.js';
import type { EventStore, JsonValue, NewEvent } from '../store/event-store.js';
import type { Decider } from './decider.js';
import {
  loadState,
  type ChainedEvent,
  type LoadedState,
  type VerifyHead,
  type VerifyLink,
} from './event-stream.js';

/** Who and why. Stored as the metadata of each event: opaque ids only, never personal data. */
export interface CommandContext {
  /** Shared by everything that one request caused. */
  correlation: string;
  /** Id of the command or event that directly caused this one. */
  causation: string;
  actor: JsonValue;
  /** RFC 3339. The decision's time, not the store's. */
  time: string;
}

/**
 * Makes the event that is stored from the one that was decided, for instance by adding the hash of the previous event
 * and a signature to its metadata. `previous` is the event before it in its stream, which may be part of the same
 * append. MUST return the same id, type and data. Called again for every retry.
 */
export type SealEvent = (
  event: NewEvent,
  place: { stream: string; revision: bigint; previous: ChainedEvent | undefined },
) => NewEvent | Promise<NewEvent>;

export interface CommandHandlerOptions<Id, Command, State, Event> {
  store: Pick<EventStore, 'append' | 'read'>;
  codec: EventCodec<Event>;
  decider: Decider<Command, State, Event>;
  streamOf(id: Id): string;
  /** How often a decision is repeated after somebody else was faster, or an append after its answer was lost. Default 5. */
  maxRetries?: number;
  seal?: SealEvent;
  verify?: VerifyLink;
  verifyHead?: VerifyHead;
  /** What is known of a stream and has been verified: only what comes after it is read. Undefined: nothing. */
  known?(id: Id): LoadedState<State> | undefined;
}

export interface Handled<State, Event> {
  /** What this command added; empty when it changed nothing. */
  events: readonly Event[];
  /** After these events. */
  state: State;
  /** Of the last event in the stream; -1 when the stream is empty. */
  revision: bigint;
}

export interface CommandHandler<Id, Command, State, Event> {
  /**
   * Load, fold, decide, append at the revision that was decided on. When somebody else appended meanwhile, all of it is
   * repeated, up to `maxRetries` times, so `decide` may run several times: call external systems before.
   *
   * @throws AppError whatever `decide` refuses with; `CONFLICT` after the last retry; `UNAVAILABLE` with
   * `details.outcome: 'unknown'` when the append could not be confirmed.
   */
  handle(id: Id, command: Command, context: CommandContext): Promise<Handled<State, Event>>;
  load(id: Id, after?: LoadedState<State>): Promise<LoadedState<State>>;
}

export function commandHandler<Id, Command, State, Event>(
  options: CommandHandlerOptions<Id, Command, State, Event>,
): CommandHandler<Id, Command, State, Event> {
  const maxRetries = options.maxRetries ?? 5;

  async function attempt(id: Id, command: Command, context: CommandContext): Promise<Handled<State, Event>> {
    const stream = options.streamOf(id);
    const loaded = await loadState(options, stream, options.known?.(id));
    const events = options.decider.decide(command, loaded.state);
    if (events.length === 0) return { events, state: loaded.state, revision: loaded.revision };
    const sealed = await sealAll(options, { stream, loaded, events, context });
    const { revision } = await appendSurely(options.store, stream, sealed, { loaded, maxRetries });
    return { events, state: events.reduce(options.decider.evolve, loaded.state), revision };
  }

  return {
    load: (id, after) => loadState(options, options.streamOf(id), after),
    handle: async (id, command, context) => {
      for (let retries = 0; ; retries += 1) {
        try {
          return await attempt(id, command, context);
        } catch (error) {
          if (!isStoreConflict(error) || retries >= maxRetries) throw error;
        }
      }
    },
  };
}

interface Decided<State, Event> {
  stream: string;
  loaded: LoadedState<State>;
  events: readonly Event[];
  context: CommandContext;
}

async function sealAll<State, Event>(
  options: { codec: EventCodec<Event>; seal?: SealEvent },
  { stream, loaded, events, context }: Decided<State, Event>,
): Promise<NewEvent[]> {
  const sealed: NewEvent[] = [];
  let previous: ChainedEvent | undefined = loaded.last;
  let revision = loaded.revision;
  for (const event of events) {
    revision += 1n;
    const plain: NewEvent = { id: randomUUID(), ...options.codec.encode(event), metadata: { ...context } };
    const stored = options.seal ? await options.seal(plain, { stream, revision, previous }) : plain;
    sealed.push(stored);
    previous = { ...stored, metadata: stored.metadata, stream, revision };
  }
  return sealed;
}

/** A lost answer is asked for again: same ids at the same revision are stored once. */
async function appendSurely(
  store: Pick<EventStore, 'append'>,
  stream: string,
  events: readonly NewEvent[],
  { loaded, maxRetries }: { loaded: { revision: bigint }; maxRetries: number },
) {
  const expected = loaded.revision < 0n ? 'no_stream' : loaded.revision;
  for (let retries = 0; ; retries += 1) {
    try {
      return await store.append(stream, events, { expected });
    } catch (error) {
      if (!isUnknownOutcome(error) || retries >= maxRetries) throw error;
    }
  }
}

const isUnknownOutcome = (error: unknown): boolean =>
  error instanceof AppError && error.details?.['outcome'] === 'unknown';

/** A CONFLICT that the decision itself refuses with is an answer, not a reason to try again. */
const isStoreConflict = (error: unknown): boolean =>
  error instanceof AppError && error.code === 'CONFLICT' && error.details?.['outcome'] === 'not_appended';

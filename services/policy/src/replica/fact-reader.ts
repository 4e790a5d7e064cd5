import { AppError } from '@portcullis/contracts';
import {
  factCodec,
  organisation,
  orgOfStream,
  type Fact,
  type PolicyState,
  policyStream,
} from '@portcullis/policy-engine';
import {
  foldState,
  loadState,
  type EventStore,
  type FoldBounds,
  type FoldedState,
  type LoadedState,
  type ReadOptions,
  type StoredEvent,
  type VerifyHead,
  type VerifyLink,
} from '@portcullis/eventing';
import { headOf } from '../chain/fact-chain.js';

export type LoadedPolicy = LoadedState<PolicyState>;

/** Where a reading goes on: a state, its revision, and the hash of the fact it ends with. */
export interface Resumed {
  state: PolicyState;
  revision: bigint;
  head: string;
}

/** A fact is of the organisation whose stream it is in, whatever signature it carries. */
export const verifyOwnFact =
  (verify: VerifyLink): VerifyLink =>
  async (event, previous) => {
    await verify(event, previous);
    const org = (event.data as { org?: unknown } | null)?.org;
    if (org !== orgOfStream(event.stream)) {
      throw new AppError(
        'FAILED_PRECONDITION',
        `Fact ${event.revision} of ${event.stream} is of another organisation.`,
      );
    }
  };

/** Folds what the store has of an organisation, all of it verified before any of it counts. */
export class FactReader {
  constructor(
    private readonly store: Pick<EventStore, 'read'>,
    private readonly verify: VerifyLink,
    private readonly verifyHead?: VerifyHead,
  ) {}

  /**
   * Continues from `after`, or begins at the first fact.
   * @throws AppError UNAVAILABLE or DEADLINE_EXCEEDED when the store does not answer; anything else means that a fact
   * can't be trusted or read, and that nothing may be decided on this stream.
   */
  load(org: string, after?: LoadedPolicy): Promise<LoadedPolicy> {
    return loadState(this.#readerOf(this.store), policyStream(org), after);
  }

  /** As far as is wanted, after `after` or from the first fact. @throws as {@link load} */
  fold(
    org: string,
    after: LoadedPolicy | undefined,
    bounds: FoldBounds<Fact>,
  ): Promise<FoldedState<PolicyState>> {
    return foldState(this.#readerOf(this.store), policyStream(org), { after, ...bounds });
  }

  /**
   * Continues from a state whose last fact was this one; undefined when another one stands in its place, or none.
   * @throws as {@link load}
   */
  async resume(org: string, { state, revision, head }: Resumed): Promise<LoadedPolicy | undefined> {
    const stream = policyStream(org);
    const events = this.store.read(stream, { from: revision, fromLeader: true })[Symbol.asyncIterator]();
    const first = await events.next();
    const last = first.done === true ? undefined : first.value;
    if (last?.revision !== revision || headOf(last) !== head) {
      await events.return?.();
      return undefined;
    }
    const rest = { read: () => ({ [Symbol.asyncIterator]: () => events }) };
    return loadState(this.#readerOf(rest), stream, { state, revision, last });
  }

  /** One fact as the store has it now, unverified; undefined when it is not there. @throws as {@link load} */
  async fact(org: string, revision: bigint): Promise<StoredEvent | undefined> {
    const options = { from: revision, limit: 1, fromLeader: true };
    for await (const event of this.store.read(policyStream(org), options))
      return event.revision === revision ? event : undefined;
    return undefined;
  }

  #readerOf(store: Pick<EventStore, 'read'>) {
    return {
      // A member of a cluster that lags behind would leave out what an admin has been told is in force.
      store: {
        read: (stream: string, options?: ReadOptions) => store.read(stream, { ...options, fromLeader: true }),
      },
      codec: factCodec,
      decider: organisation,
      verify: verifyOwnFact(this.verify),
      verifyHead: this.verifyHead,
    };
  }
}

/** A store that does not answer proves nothing about the facts. */
export const isTransient = (error: unknown): boolean =>
  error instanceof AppError && (error.code === 'UNAVAILABLE' || error.code === 'DEADLINE_EXCEEDED');

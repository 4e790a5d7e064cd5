import { AppError } from '@portcullis/contracts';
import {
  factCodec,
  organisation,
  orgOfStream,
  type PolicyState,
  policyStream,
} from '@portcullis/policy-engine';
import {
  loadState,
  type EventStore,
  type LoadedState,
  type ReadOptions,
  type StoredEvent,
  type VerifyHead,
  type VerifyLink,
} from '@portcullis/eventing';

export type LoadedPolicy = LoadedState<PolicyState>;

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
    const reader = {
      // A member of a cluster that lags behind would leave out what an admin has been told is in force.
      store: {
        read: (stream: string, options?: ReadOptions) =>
          this.store.read(stream, { ...options, fromLeader: true }),
      },
      codec: factCodec,
      decider: organisation,
      verify: verifyOwnFact(this.verify),
      verifyHead: this.verifyHead,
    };
    return loadState(reader, policyStream(org), after);
  }

  /** One fact as the store has it now, unverified; undefined when it is not there. @throws as {@link load} */
  async fact(org: string, revision: bigint): Promise<StoredEvent | undefined> {
    const options = { from: revision, limit: 1, fromLeader: true };
    for await (const event of this.store.read(policyStream(org), options))
      return event.revision === revision ? event : undefined;
    return undefined;
  }
}

/** A store that does not answer proves nothing about the facts. */
export const isTransient = (error: unknown): boolean =>
  error instanceof AppError && (error.code === 'UNAVAILABLE' || error.code === 'DEADLINE_EXCEEDED');

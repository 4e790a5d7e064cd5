import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EventStore, StoredEvent, VerifyHead, VerifyLink } from '@portcullis/eventing';
import { factCodec, organisation, policyStream, type Fact } from '@portcullis/policy-engine';
import { verifyOwnFact, type LoadedPolicy } from '../replica/fact-reader.js';

/** Facts that are verified and folded in one go: some milliseconds in which nothing else is decided. */
const AT_ONCE = 64;

export interface Folded {
  policy: LoadedPolicy;
  /** Every fact that there is has been folded. */
  ended: boolean;
}

export interface Wanted {
  /** Facts at most. */
  limit?: number;
  /** The first fact that is not meant, and all after it, are left out. */
  includes?: (fact: Fact) => boolean;
}

export const nothingYet = (): LoadedPolicy => ({
  state: organisation.initialState(),
  revision: -1n,
  last: undefined,
});

/** Folds the facts of an organisation as far as is wanted, each verified before it counts. */
export class HistoryReader {
  readonly #verify: VerifyLink;

  constructor(
    private readonly store: Pick<EventStore, 'read'>,
    verify: VerifyLink,
    private readonly verifyHead: VerifyHead,
  ) {
    this.#verify = verifyOwnFact(verify);
  }

  /**
   * Goes on from `after` as far as is wanted.
   * @throws AppError FAILED_PRECONDITION at a fact that can't be trusted; UNAVAILABLE or DEADLINE_EXCEEDED when the store
   * does not answer
   */
  async fold(org: string, after: LoadedPolicy, wanted: Wanted): Promise<Folded> {
    const { limit = Infinity, includes = () => true } = wanted;
    let { state, revision, last } = after;
    let folded = 0;
    for await (const event of this.#read(org, revision, limit)) {
      await this.#verify(event, last);
      const fact = factCodec.decode(event);
      if (!includes(fact)) return this.#believed({ policy: { state, revision, last }, ended: false });
      state = organisation.evolve(state, fact);
      ({ revision } = event);
      last = event;
      folded += 1;
      if (folded % AT_ONCE === 0) await nextTurn();
    }
    return this.#believed({ policy: { state, revision, last }, ended: folded < limit });
  }

  /** Links alone prove no origin: the signature of the last fact covers all of them. */
  async #believed(folded: Folded): Promise<Folded> {
    const { last } = folded.policy;
    if (last !== undefined) await this.verifyHead(last);
    return folded;
  }

  #read(org: string, after: bigint, limit: number): AsyncIterable<StoredEvent> {
    const bounded = Number.isFinite(limit) ? { limit } : {};
    return this.store.read(policyStream(org), { from: after + 1n, fromLeader: true, ...bounded });
  }
}
